// SPDX-License-Identifier: GPL-3.0-or-later
// The page's own log, for the desk. It never holds up a call: lines wait in a short queue, the oldest are dropped, and one request
// at a time takes a batch along.

import { traceTo } from "./trace.ts";

export const LEVELS = ["off", "error", "warning", "info", "debug"] as const;
export type Level = (typeof LEVELS)[number];

export interface Line {
  at: number;
  level: Level;
  text: string;
}

const MOST_LINES = 500;
const LONGEST_LINE = 4000;
const LARGEST_BATCH = 15_000;   // bytes; the desk takes 16 kB
const EVERY = 2000;             // ms between two batches
const LONGEST_PAUSE = 30_000;    // while the desk takes none

const SECRET_HEADERS = /^((?:proxy-)?(?:authorization|authenticate)|www-authenticate|cookie)\s*:.*$/gim;
const SECRET_ATTRIBUTES = /^(a=(?:ice-pwd|ice-ufrag|fingerprint|crypto|candidate):).*$/gm;
const SECRET_VALUES = /("?(?:ha1|credential|password|csrf)"?\s*[:=]\s*)("[^"]*"|[^\s,;}]+)/gi;
const MESSAGE_BODY = /((?:^|\n)MESSAGE sip:[\s\S]*?\r?\n\r?\n)[\s\S]*$/;

/** What nobody needs for finding a fault, and others could misuse, is left out: credentials, keys, and what people wrote. */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let safe = text
    .replace(SECRET_HEADERS, "$1: (left out)")
    .replace(SECRET_ATTRIBUTES, "$1(left out)")
    .replace(SECRET_VALUES, "$1(left out)")
    .replace(MESSAGE_BODY, "$1(left out)");
  for (const secret of secrets) if (secret) safe = safe.replaceAll(secret, "(left out)");
  return safe;
}

export class Log {
  private level = LEVELS.indexOf("off");
  private lines: Line[] = [];
  private dropped = 0;
  private secrets = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private sending = false;
  private pause = EVERY;

  constructor(private send: (lines: Line[], leaving: boolean) => Promise<unknown>) {}

  /** From now on. Lines of JsSIP itself are for "debug" only. */
  configure(level: string, secrets: string[]): void {
    this.level = Math.max(0, LEVELS.indexOf(level as Level));
    for (const secret of secrets) if (secret) this.secrets.add(secret);
    traceTo(level === "debug" ? (text) => this.debug(text) : null);
  }

  error(text: string): void {
    this.write("error", text);
  }

  warning(text: string): void {
    this.write("warning", text);
  }

  info(text: string): void {
    this.write("info", text);
  }

  debug(text: string): void {
    this.write("debug", text);
  }

  private write(level: Level, text: string): void {
    if (LEVELS.indexOf(level) > this.level) return;
    const safe = redact(text, this.secrets);
    this.lines.push({ at: Date.now(), level, text: safe.length > LONGEST_LINE ? `${safe.slice(0, LONGEST_LINE)}…` : safe });
    while (this.lines.length > MOST_LINES) {
      this.lines.shift();
      this.dropped += 1;
    }
    this.timer ??= setTimeout(() => void this.flush(), EVERY);
  }

  /** Sends one batch; what is left waits for the next. `leaving`: the page closes, so the request must outlive it. */
  async flush(leaving = false): Promise<void> {
    this.timer = null;
    if (this.sending && !leaving) return;
    if (this.dropped > 0) {
      this.lines.unshift({ at: Date.now(), level: "warning", text: `${this.dropped} lines were dropped before this one` });
      this.dropped = 0;
    }
    const batch = this.take();
    if (batch.length === 0) return;
    this.sending = true;
    try {
      await this.send(batch, leaving);
      this.pause = EVERY;
    } catch {
      this.lines.unshift(...batch);
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    }
    this.sending = false;
    if (this.lines.length > 0) this.timer ??= setTimeout(() => void this.flush(), this.pause);
  }

  private take(): Line[] {
    const batch: Line[] = [];
    let size = 20;
    for (const line of this.lines) {
      size += new TextEncoder().encode(JSON.stringify(line)).length + 1;
      if (size > LARGEST_BATCH && batch.length > 0) break;
      batch.push(line);
    }
    this.lines.splice(0, batch.length);
    return batch;
  }
}
