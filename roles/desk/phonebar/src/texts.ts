// SPDX-License-Identifier: GPL-3.0-or-later
// Every text that is seen or read aloud, by its key. A translation is another file of the same keys.

import en from "./texts/en.json";

export type TextKey = keyof typeof en;
export type Values = Record<string, string | number>;

/** The text of a key, with {name} filled in. */
export function t(key: TextKey, values: Values = {}): string {
  return en[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

const LANGUAGE = "en";
const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit", hour12: false });
const calendar = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });

/** A moment (milliseconds since 1970): its time today, its day as well before that. */
export function moment(at: number): string {
  const today = new Date().toDateString() === new Date(at).toDateString();
  return (today ? clock : calendar).format(at);
}

/** How long: 0:07, 12:34, 1:02:03. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
