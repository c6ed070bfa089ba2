// SPDX-License-Identifier: GPL-3.0-or-later

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import en from "../src/texts/en.json";

const sources = ["src", "src/view"].flatMap((folder) => readdirSync(folder).filter((name) => /\.tsx?$/.test(name)).map((name) => `${folder}/${name}`));
const all = sources.map((path) => readFileSync(path, "utf8")).join("\n");

test("every text is used", () => {
  const unused = Object.keys(en).filter((key) => {
    // Some keys are put together: `line.${state}`.
    const family = key.replace(/\.[^.]*$/, ".${");
    return !all.includes(`"${key}"`) && !all.includes(family);
  });
  assert.deepEqual(unused, []);
});

test("no view has words of its own", () => {
  for (const path of sources.filter((each) => each.startsWith("src/view/") && each.endsWith(".tsx"))) {
    const spoken = readFileSync(path, "utf8").match(/>\s*[A-Z][a-z]+[^<>{}();=]*<\/|(?:aria-label|placeholder|title|alt|label)="[^"]+"/g) ?? [];
    assert.deepEqual(spoken, [], path);
  }
});
