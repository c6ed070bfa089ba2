// SPDX-License-Identifier: GPL-3.0-or-later
// Stands in for the package "debug", which JsSIP writes its messages with. That one prints to the console and keeps its choice in
// localStorage, so an old choice would print whole SIP messages on somebody's screen. This one hands them to the log alone.

type Sink = (name: string, text: string) => void;

let sink: Sink | null = null;

export function traceTo(to: Sink | null): void {
  sink = to;
}

function format(values: unknown[]): string {
  const [pattern, ...rest] = values.map((value) => (value instanceof Error ? String(value) : value));
  const text = String(pattern).replace(/%[sodOj]/g, (code) => (rest.length > 0 ? String(rest.shift()) : code));
  return [text, ...rest].join(" ");
}

interface Debug {
  (...values: unknown[]): void;
  log: unknown;
}

function createDebug(name: string): Debug {
  const write = (...values: unknown[]) => sink?.(name, format(values));
  return Object.assign(write, { log: null });
}

createDebug.default = createDebug;
export default createDebug;
