// SPDX-License-Identifier: GPL-3.0-or-later
// JsSIP requires the package "debug" as CommonJS has it: a function, not a module with one.
module.exports = require("./trace.ts").default;
