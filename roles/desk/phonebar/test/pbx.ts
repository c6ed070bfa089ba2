// SPDX-License-Identifier: GPL-3.0-or-later
// A PBX that is just enough to try the page without one: it registers, lets pages call and write to each other, and fails when asked
// to. What it does not know it answers with 200. Transfers need a real one.

import { createHash } from "node:crypto";
import type { Connection } from "./websocket.ts";

export interface Line {
  user: string;
  number: string;
  name: string;
  ha1: string;
  /** Calls to it ask to be answered after so many seconds. */
  answerAfter?: number;
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

/** Numbers that only fail. */
const FAILING: Record<string, string> = { "1486": "486 Busy Here", "1488": "488 Not Acceptable Here", "1403": "403 Forbidden", "1480": "480 Temporarily Unavailable", "1603": "603 Declined" };

class Message {
  constructor(readonly text: string) {}

  get start(): string {
    return this.text.slice(0, this.text.indexOf("\r\n"));
  }

  get method(): string {
    return this.start.startsWith("SIP/2.0") ? "" : this.start.slice(0, this.start.indexOf(" "));
  }

  get body(): string {
    return this.text.slice(this.text.indexOf("\r\n\r\n") + 4);
  }

  header(name: string): string {
    return new RegExp(`^${name}: *(.*)$`, "im").exec(this.text)?.[1]?.trim() ?? "";
  }

  get user(): string {
    return /sip:([^@>;]+)@/.exec(this.start)?.[1] ?? "";
  }

  with(header: string): Message {
    const at = this.text.indexOf("\r\n") + 2;
    return new Message(`${this.text.slice(0, at)}${header}\r\n${this.text.slice(at)}`);
  }

  answer(status: string, headers: string[] = []): string {
    const kept = this.text.split("\r\n").filter((line) => /^(via|from|call-id|cseq):/i.test(line));
    const to = this.header("To");
    return [`SIP/2.0 ${status}`, ...kept, `To: ${to}${to.includes("tag=") ? "" : ";tag=pbx"}`, ...headers, "Content-Length: 0", "", ""].join("\r\n");
  }
}

export class Pbx {
  /** What was received, by method. */
  readonly seen: { method: string; text: string }[] = [];
  /** So many REGISTERs are not answered, as while Asterisk starts. */
  deaf = 0;
  /** The status of each REGISTER. */
  refuses = "";

  private contacts = new Map<string, { uri: string; connection: Connection }>();
  private connections = new Set<Connection>();
  private ends = new Map<string, [Connection, Connection]>();
  private count = 0;

  constructor(private lines: Line[]) {}

  take(connection: Connection): void {
    this.connections.add(connection);
    connection.onmessage = (text) => text.trim() && this.receive(connection, new Message(text));
    connection.onclose = () => {
      this.connections.delete(connection);
      for (const [user, contact] of this.contacts) if (contact.connection === connection) this.contacts.delete(user);
    };
  }

  /** As a restart does. */
  cut(): void {
    for (const connection of this.connections) connection.cut();
    this.contacts.clear();
  }

  /** Asterisk's word that a message came to nothing, and the like. */
  tell(user: string, method: string, headers: string[], body: string): void {
    const contact = this.contacts.get(user);
    this.count += 1;
    contact?.connection.send([
      `${method} ${contact.uri} SIP/2.0`, `Via: SIP/2.0/WS pbx.invalid;branch=z9hG4bK${this.count}`, "Max-Forwards: 70", `To: <${contact.uri}>`,
      `Call-ID: told-${this.count}`, `CSeq: 1 ${method}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, "", body,
    ].join("\r\n"));
  }

  private receive(connection: Connection, message: Message): void {
    const ends = this.ends.get(message.header("Call-ID"));
    const other = ends && (ends[0] === connection ? ends[1] : ends[0]);
    if (message.method) this.seen.push({ method: message.method, text: message.text });
    if (message.method === "REGISTER") this.register(connection, message);
    else if (message.method === "INFO" || message.method === "REFER") connection.send(message.answer("200 OK"));
    else if (other) other.send(this.at(other, message).text);
    else if (message.method === "INVITE" || message.method === "MESSAGE") this.forward(connection, message);
    else if (message.method && message.method !== "ACK") connection.send(message.answer("200 OK"));
  }

  /** A request within a call; a CANCEL names whom the caller dialled. */
  private at(connection: Connection, message: Message): Message {
    const uri = [...this.contacts.values()].find((contact) => contact.connection === connection)?.uri;
    return message.method && uri ? new Message(message.text.replace(/^(\w+) \S+/, `$1 ${uri}`)) : message;
  }

  private register(connection: Connection, message: Message): void {
    if (this.deaf > 0) {
      this.deaf -= 1;
      return;
    }
    if (this.refuses) return connection.send(message.answer(this.refuses));
    const user = /sip:([^@]+)@/.exec(message.header("To"))?.[1] ?? "";
    const line = this.lines.find((each) => each.user === user);
    const said = /uri="([^"]+)", response="([^"]+)"/.exec(message.header("Authorization"));
    if (!line || !said || said[2] !== md5(`${line.ha1}:nonce:${md5(`REGISTER:${said[1]}`)}`)) {
      return connection.send(message.answer("401 Unauthorized", ['WWW-Authenticate: Digest realm="switchboard", nonce="nonce", algorithm=MD5']));
    }
    const contact = message.header("Contact");
    const uri = /<([^>]+)>/.exec(contact)?.[1];
    if (uri && /expires=0|^0$/.test(`${contact} ${message.header("Expires")}`.split(" ").at(-1) ?? "")) {
      if (this.contacts.get(user)?.uri === uri) this.contacts.delete(user);
    } else if (uri) this.contacts.set(user, { uri, connection });
    const now = this.contacts.get(user);
    connection.send(message.answer("200 OK", now ? [`Contact: <${now.uri}>;expires=120`] : []));
  }

  private forward(connection: Connection, message: Message): void {
    const from = this.lines.find((line) => message.header("From").includes(`sip:${line.user}@`));
    const to = this.lines.find((line) => line.number === message.user);
    const contact = to && this.contacts.get(to.user);
    if (message.method === "MESSAGE") {
      connection.send(message.answer("202 Accepted"));
      if (!from) return;
      if (!contact) {
        const why = to ? "nobody is signed in there" : "there is no such number";
        return this.tell(from.user, "MESSAGE", ["From: <sip:switchboard@pbx>;tag=1", "Content-Type: text/plain"], `Your message to ${message.user} was not delivered: ${why}.`);
      }
      return this.tell(to.user, "MESSAGE", [`From: <sip:${from.number}@pbx>;tag=1`, `P-Asserted-Identity: "${from.name}" <sip:${from.number}@pbx>`, "Content-Type: text/plain"], message.body);
    }
    if (!from || !contact) {
      const failure = FAILING[message.user] ?? (to ? "480 Temporarily Unavailable" : "404 Not Found");
      return connection.send(message.answer(failure));
    }
    this.ends.set(message.header("Call-ID"), [connection, contact.connection]);
    let asked = this.at(contact.connection, message).with(`P-Asserted-Identity: "${from.name}" <sip:${from.number}@pbx>`);
    if (to.answerAfter !== undefined) asked = asked.with(`Call-Info: <sip:pbx>;answer-after=${to.answerAfter}`);
    contact.connection.send(asked.text);
  }
}
