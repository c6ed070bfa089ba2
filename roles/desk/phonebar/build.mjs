// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles the page into dist/: one script, one style sheet.

import { build } from "esbuild";
import { fileURLToPath } from "node:url";

export const options = {
  bundle: true,
  target: "es2022",
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "eof",
  // JsSIP's own messages go to our log, never to the browser's console (src/trace.ts says why).
  alias: { debug: fileURLToPath(new URL("src/debug.cjs", import.meta.url)) },
  logLevel: "warning",
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build({ ...options, entryPoints: { phonebar: "src/main.tsx" }, outdir: "dist", minify: true });
}
