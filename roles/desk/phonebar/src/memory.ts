// SPDX-License-Identifier: GPL-3.0-or-later
// What the page remembers. Calls and messages: in this tab only, under the person's name, until sign-out. Choices: in this browser.

import type { TextKey } from "./texts.ts";

export interface PastCall {
  id: string;
  number: string;
  name: string;
  direction: "incoming" | "outgoing";
  at: number;       // milliseconds since 1970
  seconds: number;  // talked
  missed: boolean;
  failure: TextKey | null;
}

export interface PastMessage {
  id: string;
  number: string;
  name: string;
  text: string;
  at: number;
  from: "me" | "them";
  state: "sending" | "sent" | "failed" | "read" | "unread";
  failure: TextKey | null;
}

const MOST = 50;

/** A list of at most 50, the latest first. */
export class Memory<Entry extends { id: string }> {
  readonly entries: Entry[];

  constructor(private store: Storage, private key: string) {
    this.entries = read(store, key, []);
  }

  add(entry: Entry): void {
    this.entries.unshift(entry);
    this.entries.length = Math.min(this.entries.length, MOST);
    this.save();
  }

  change(id: string, what: Partial<Entry>): void {
    const entry = this.entries.find((each) => each.id === id);
    if (entry) Object.assign(entry, what);
    this.save();
  }

  clear(): void {
    this.entries.length = 0;
    this.store.removeItem(this.key);
  }

  save(): void {
    write(this.store, this.key, this.entries);
  }
}

export function read<Value>(store: Storage, key: string, otherwise: Value): Value {
  try {
    return (JSON.parse(store.getItem(key) ?? "null") as Value | null) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** A full or forbidden storage costs the memory, nothing else. */
export function write(store: Storage, key: string, value: unknown): void {
  try {
    store.setItem(key, JSON.stringify(value));
  } catch {
    return;
  }
}
