// SPDX-License-Identifier: GPL-3.0-or-later
// What the desk answers (docs/desk.md).

import { Emitter } from "./emitter.ts";
import type { Line } from "./log.ts";

export interface Person {
  username: string;
  full_name: string;
  alias: string;
  number: string;
  kind: string;
  avatar: string | null;
}

export interface Account {
  domain: string;
  user: string;
  ha1: string;
  realm: string;
  websocket: string;
  register_expires: number;
}

export interface Settings {
  auto_answer: boolean;
  auto_answer_delay: number;
  may_change_settings: boolean;
  may_record: boolean;
  dtmf_tones: boolean;
  messages: boolean;
  message_sound: boolean;
  video: boolean;
  calls_at_once: number;
  voicemail: boolean;
  masked: boolean;
  log: string;
}

export interface Queue {
  signed_in: boolean;
  paused: boolean;
  reason: string;
  reasons: string[];
}

export interface Session {
  /** Another one once a run has changed something of it. */
  version: string;
  person: Person;
  csrf: string;
  expires: number;
  /** Null of somebody whose telephone is none in the browser. */
  sip: Account | null;
  ice: { servers: RTCIceServer[]; expires: number };
  settings: Settings;
  queue: Queue | null;
}

export interface Recorded {
  id: string;
  from: string;
  at: number;
  seconds: number;
  new: boolean;
}

export interface Waiting {
  new: number;
  old: number;
}

interface DeskEvents {
  /** The version of the session now. */
  session: string;
  queue: Queue | null;
  voicemail: Waiting;
  /** A page of this person has the line from now on: its id. */
  line: string;
  out: string;
  /** Whether the desk can be heard. */
  reachable: boolean;
}

/** A refusal, by the key of its text. */
export class DeskError extends Error {
  constructor(readonly key: string, readonly status: number) {
    super(key);
  }
}

const RETRY = 1000;

export class Desk extends Emitter<DeskEvents> {
  private csrf = "";
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  async session(): Promise<Session> {
    const session = (await this.ask("GET", "/api/session")) as Session;
    this.csrf = session.csrf;
    return session;
  }

  queue(act: "sign_in" | "sign_out" | "pause" | "unpause", reason?: string): Promise<Queue> {
    return this.ask("POST", "/api/queue", reason === undefined ? { act } : { act, reason }) as Promise<Queue>;
  }

  claim(page: string): Promise<unknown> {
    return this.ask("POST", "/api/line", { page });
  }

  recorded(): Promise<Recorded[]> {
    return this.ask("GET", "/api/voicemail") as Promise<Recorded[]>;
  }

  change(id: string, act: "heard" | "delete"): Promise<Recorded[]> {
    return this.ask("POST", `/api/voicemail/${encodeURIComponent(id)}`, { act }) as Promise<Recorded[]>;
  }

  log(lines: Line[], leaving: boolean): Promise<unknown> {
    return this.ask("POST", "/api/log", { lines }, leaving);
  }

  get token(): string {
    return this.csrf;
  }

  /** Listens for events, for as long as the page is open. A browser gives up by itself where a proxy answers with an error. */
  listen(): void {
    this.source?.close();
    const source = new EventSource("/api/events");
    this.source = source;
    source.addEventListener("open", () => this.emit("reachable", true));
    source.addEventListener("error", () => {
      source.close();
      this.emit("reachable", false);
      this.timer = setTimeout(() => this.listen(), RETRY * (1 + Math.random() * 0.5));
    });
    const data = (event: MessageEvent<string>) => JSON.parse(event.data);
    source.addEventListener("session", (event) => this.emit("session", data(event)));
    source.addEventListener("queue", (event) => this.emit("queue", data(event)));
    source.addEventListener("voicemail", (event) => this.emit("voicemail", data(event)));
    source.addEventListener("line", (event) => this.emit("line", data(event).page));
    source.addEventListener("out", (event) => {
      this.deafen();
      this.emit("out", data(event).error ?? "signed_out");
    });
  }

  deafen(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.source?.close();
  }

  private async ask(method: string, path: string, body?: unknown, keepalive = false): Promise<unknown> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") Object.assign(headers, { "Content-Type": "application/json", "X-CSRF-Token": this.csrf });
    let response: Response;
    try {
      response = await fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body), keepalive, cache: "no-store" });
    } catch {
      throw new DeskError("unreachable", 0);
    }
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (response.ok) return answer;
    const key = (answer as { error?: string } | null)?.error ?? (response.status >= 500 ? "unready" : "refused");
    if (response.status === 401) this.emit("out", key);
    throw new DeskError(key, response.status);
  }
}
