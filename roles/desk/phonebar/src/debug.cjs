// SPDX-License-Identifier: GPL-3.0-or-later
// Stands in for the package "debug" (see trace.ts). CommonJS, because JsSIP calls what it requires.

const { trace } = require("./trace.ts");

function createDebug(name) {
  return (...values) => trace(name, values);
}

module.exports = createDebug;
module.exports.default = createDebug;
