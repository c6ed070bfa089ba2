// SPDX-License-Identifier: GPL-3.0-or-later
// Compiles the tests beside their names in .test/, and lets node's own runner run them: `npm test`, or `npm test -- log` for some.

import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { options } from "../build.mjs";

const wanted = process.argv.slice(2);
const names = readdirSync("test").filter((name) => name.endsWith(".test.ts") && (wanted.length === 0 || wanted.some((each) => name.startsWith(each))));
rmSync(".test", { recursive: true, force: true });
await build({
  ...options, entryPoints: names.map((name) => `test/${name}`), outdir: ".test", outExtension: { ".js": ".mjs" }, platform: "node",
  // JsSIP is CommonJS, which a module of node's does not come with.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
const files = names.map((name) => `.test/${name.replace(/ts$/, "mjs")}`);
process.exitCode = spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...files], { stdio: "inherit" }).status ?? 1;
