// SPDX-License-Identifier: GPL-3.0-or-later
// Takes what JsSIP writes with the package "debug". That one prints to the console and keeps its choice in localStorage, so an old
// choice would print whole SIP messages on somebody's screen. Here they go to the log alone, and only while it wants them.

type Sink = (text: string) => void;

let sink: Sink | null = null;

export function traceTo(to: Sink | null): void {
  sink = to;
}

export function trace(name: string, values: unknown[]): void {
  sink?.(`${name} ${format(values)}`);
}

function format(values: unknown[]): string {
  const [pattern, ...rest] = values.map(String);
  const text = (pattern ?? "").replace(/%[sodOj]/g, (code) => rest.shift() ?? code);
  return [text, ...rest].join(" ");
}
