// SPDX-License-Identifier: GPL-3.0-or-later
// A desk that is just enough to try the page (docs/desk.md), with the tests' PBX behind it. Who somebody is says a cookie.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Pbx, type Line } from "./pbx.ts";
import { Connection } from "./websocket.ts";

const ha1 = (user: string) => createHash("md5").update(`${user}:switchboard:secret`).digest("hex");
const line = (user: string, number: string, name: string, answerAfter?: number): Line => ({ user, number, name, ha1: ha1(user), ...(answerAfter !== undefined && { answerAfter }) });

export const LINES = [line("anna", "1001", "Anna Svensson"), line("bo", "1002", "Bo <b>Ek</b>"), line("cleo", "1003", "Cleo", 3)];

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Phone</title>
<link rel="stylesheet" href="/static/phonebar.css"></head><body><div id="desk"></div><script type="module" src="/static/phonebar.js"></script></body></html>`;

/** A second of silence. */
function silence(): Buffer {
  const wave = Buffer.alloc(44 + 16000);
  wave.write("RIFF", 0);
  wave.writeUInt32LE(36 + 16000, 4);
  wave.write("WAVEfmt ", 8);
  wave.writeUInt32LE(16, 16);
  wave.writeUInt16LE(1, 20);
  wave.writeUInt16LE(1, 22);
  wave.writeUInt32LE(8000, 24);
  wave.writeUInt32LE(16000, 28);
  wave.writeUInt16LE(2, 32);
  wave.writeUInt16LE(16, 34);
  wave.write("data", 36);
  wave.writeUInt32LE(16000, 40);
  return wave;
}

export class Stub {
  readonly lines = LINES.map((each) => ({ ...each }));
  readonly pbx = new Pbx(this.lines);
  readonly logged: { level: string; text: string }[] = [];
  version = "first";
  /** What each session has beside the usual. */
  settings: Record<string, unknown> = {};
  ice: { servers: RTCIceServer[]; expires: number } = { servers: [], expires: 4102444800 };
  queue = { signed_in: true, paused: false, reason: "", reasons: ["break", "lunch"] };
  mailbox = [
    { id: "new-0", from: '"Bo Ek" <1002>', at: 1790000000, seconds: 7, new: true },
    { id: "old-0", from: "<+4681234567>", at: 1780000000, seconds: 61, new: false },
  ];
  /** What somebody is called by now. */
  names: Record<string, string> = {};
  /** Answers everything with 502, as nginx does while the desk restarts. */
  away = false;

  private server: Server;
  private streams = new Set<ServerResponse>();

  constructor() {
    this.server = createServer((request, response) => void this.answer(request, response).catch(() => response.destroy()));      // the page is gone
    this.server.on("upgrade", (request: IncomingMessage, socket) => (this.away ? socket.destroy() : this.pbx.take(new Connection(request, socket))));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    this.pbx.cut();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  address(user: string): string {
    return `http://localhost:${this.port}/as/${user}`;
  }

  event(name: string, data: unknown): void {
    for (const stream of this.streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** As after a run that changes what sessions say. */
  changed(settings: Record<string, unknown>): void {
    this.settings = settings;
    this.version = JSON.stringify(settings);
    this.event("session", this.version);
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  private session(user: string) {
    const who = this.lines.find((each) => each.user === user) ?? this.lines[0]!;
    return {
      version: this.version,
      person: { username: this.names[user] ?? user, full_name: who.name, alias: "", number: who.number, kind: "agent", avatar: null }, csrf: "token-of-the-form", expires: 4102444800,
      sip: { domain: "pbx.invalid", user, ha1: who.ha1, realm: "switchboard", websocket: `ws://localhost:${this.port}/ws`, register_expires: 120 },
      ice: this.ice,
      settings: {
        auto_answer: who.answerAfter !== undefined, auto_answer_delay: who.answerAfter ?? 0, may_change_settings: true, may_record: true, dtmf_tones: true, messages: true,
        message_sound: true, video: false, calls_at_once: 1, voicemail: true, masked: false, log: "debug", ...this.settings,
      },
      queue: this.queue,
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    const json = (value: unknown, status = 200) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    if (this.away) return void response.writeHead(502).end();
    if (path.startsWith("/as/")) return void response.writeHead(303, { "Set-Cookie": `user=${path.slice(4)}; Path=/`, Location: "/" }).end();
    if (path === "/") {
      const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; form-action 'self'; connect-src 'self' ws://localhost:${this.port}`;
      return void response.writeHead(200, { "Content-Type": "text/html", "Content-Security-Policy": policy }).end(PAGE);
    }
    if (path.startsWith("/static/")) {
      const name = path.slice("/static/".length);
      return void response.writeHead(200, { "Content-Type": name.endsWith("css") ? "text/css" : "text/javascript" }).end(readFileSync(`dist/${name}`));
    }
    let body = "";
    for await (const part of request) body += part;
    const said = body && request.headers["content-type"] === "application/json" ? JSON.parse(body) : {};
    const user = /user=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "anna";
    if (request.method === "POST" && path.startsWith("/api/") && request.headers["x-csrf-token"] !== "token-of-the-form") return void json({ error: "other_site" }, 403);
    if (path === "/api/session") return void json(this.session(user));
    if (path === "/api/events") {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": here\n\n");
      this.streams.add(response);
      return void response.on("close", () => this.streams.delete(response));
    }
    if (path === "/api/queue") {
      if (said.act === "sign_in" || said.act === "sign_out") this.queue.signed_in = said.act === "sign_in";
      else Object.assign(this.queue, { paused: said.act === "pause", reason: said.reason ?? "" });
      return void json(this.queue);
    }
    if (path === "/api/line") {
      this.event("line", said);
      return void response.writeHead(204).end();
    }
    if (path === "/api/log") {
      this.logged.push(...said.lines);
      return void response.writeHead(204).end();
    }
    if (path === "/api/voicemail") return void json(this.mailbox);
    if (path.startsWith("/api/voicemail/")) {
      const id = path.split("/").at(-1);
      if (request.method === "GET") return void response.writeHead(200, { "Content-Type": "audio/wav" }).end(silence());
      if (said.act === "delete") this.mailbox = this.mailbox.filter((each) => each.id !== id);
      else for (const each of this.mailbox) if (each.id === id) each.new = false;
      return void json(this.mailbox);
    }
    if (path === "/sign-out" || path === "/sign-in") return void response.writeHead(200, { "Content-Type": "text/html" }).end("<title>Sign in</title>");
    json({ error: "not_found" }, 404);
  }
}
