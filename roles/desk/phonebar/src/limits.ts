// SPDX-License-Identifier: GPL-3.0-or-later
// What may be dialled and written.

const LONGEST_MESSAGE = 1023;   // bytes; Asterisk takes no more

export const messageBytes = (text: string): number => new TextEncoder().encode(text).length;
export const fits = (text: string): boolean => messageBytes(text) <= LONGEST_MESSAGE;

/** A number without what people put between its digits. */
export const dialable = (text: string): string => text.replace(/[\s().\-/]/g, "");

/** Digits, star and hash, and a plus at the front. */
export const isNumber = (text: string): boolean => /^\+?[0-9*#]+$/.test(text);
