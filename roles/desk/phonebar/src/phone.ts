// SPDX-License-Identifier: GPL-3.0-or-later
// The SIP side: registration, calls and messages, around JsSIP. No DOM and no words: it tells what happens as events.

import { UA } from "jssip";
import type { IncomingMessageEvent, OutgoingMessageEvent, RTCSessionEvent } from "jssip/lib/UA";
import type { IncomingRequest } from "jssip/lib/SIPMessage";
import type { RTCSession } from "jssip/lib/RTCSession";
import { answerAfter, Call, identity } from "./call.ts";
import { contacts } from "./contacts.ts";
import type { Account } from "./desk.ts";
import { Emitter } from "./emitter.ts";
import { Failure } from "./failure.ts";
import { dialable, fits, isNumber } from "./limits.ts";
import type { Log } from "./log.ts";
import { Socket } from "./socket.ts";

export type LineState =
  | "connecting"    // for the first time
  | "registered"
  | "lost"          // and looking for it again
  | "refused"       // the PBX does not want this line
  | "elsewhere"     // another page has the line now
  | "stopped";

export interface Media {
  /** A microphone of the call's own, and a camera. Rejects with a Failure. */
  open(video: boolean): Promise<MediaStream>;
  servers(): RTCIceServer[];
}

export interface TextMessage {
  number: string;
  name: string;
  text: string;
}

interface PhoneEvents {
  line: LineState;
  /** The PBX has refused to register this line, once more. */
  refused: void;
  /** A new one, of either direction, before anything happens to it. */
  call: Call;
  incoming: Call;
  /** Calls came, went or changed. */
  calls: void;
  message: TextMessage;
  /** New and old messages in the mailbox, as Asterisk says. */
  waiting: { new: number; old: number };
}

const UNANSWERED = 2000;        // ms until a REGISTER counts as lost: Asterisk drops what comes while it starts
const REFUSED_AGAIN = 10_000;
const FAILED_AGAIN = 2000;
const NEVER_ASKED = 35_000;     // Asterisk asks every contact that it knows how it is, each 30 seconds
const DEAD = 4000;              // ms without an answer, until a connection is given up

export class Phone extends Emitter<PhoneEvents> {
  readonly calls: Call[] = [];
  line: LineState = "connecting";
  /** How many times in a row no connection came about. */
  failures = 0;

  private ua: UA | null = null;
  private socket: Socket | null = null;
  private lost = false;
  private unanswered: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;
  private asked: ReturnType<typeof setTimeout> | undefined;

  constructor(private account: Account, private media: Media, private log: Log) {
    super();
  }

  get connected(): boolean {
    return this.ua?.isConnected() ?? false;
  }

  get registered(): boolean {
    return this.line === "registered";
  }

  start(): void {
    this.retire();
    const { domain, user, ha1, realm, websocket, register_expires } = this.account;
    const socket = new Socket(websocket);
    const ua = new UA({
      sockets: [socket], uri: `sip:${user}@${domain}`, authorization_user: user, ha1, realm, register_expires,
      session_timers: false, connection_recovery_min_interval: 1, connection_recovery_max_interval: 1,
    });
    this.ua = ua;
    this.socket = socket;
    this.set("connecting");
    ua.on("connected", () => {
      this.log.info("connected to the PBX");
      this.failures = 0;
      if (this.line === "elsewhere") this.reachCalls();
      else this.expectAnswer();
    });
    ua.on("disconnected", ({ code, reason }) => this.disconnected(code, reason));
    ua.on("registered", () => this.isRegistered());
    ua.on("registrationFailed", ({ response, cause }) => this.registrationFailed(response?.status_code, String(cause)));
    ua.on("registrationExpiring", () => void this.renew());
    ua.on("newRTCSession", ({ session, request }: RTCSessionEvent) => {
      if (String(session.direction) === "incoming") this.receive(session, request as IncomingRequest);
    });
    ua.on("newMessage", ({ message, request }: IncomingMessageEvent | OutgoingMessageEvent) => {
      if (String(message.direction) === "incoming") this.receiveMessage(request as IncomingRequest);
    });
    ua.on("sipEvent", ({ request }) => this.receiveEvent(request));
    ua.on("newOptions", () => this.expectQuestion());
    ua.start();
  }

  /** Hangs up and leaves. */
  stop(): void {
    for (const call of [...this.calls]) call.hangUp();
    this.retire();
    this.set("stopped");
  }

  /** The credentials have changed. */
  renewAccount(account: Account): void {
    const { ha1 } = this.account;
    this.account = account;
    this.ua?.set("ha1", account.ha1);
    this.ua?.set("realm", account.realm);
    if (account.ha1 !== ha1 && this.line === "refused") this.registerAgain(0);
  }

  /** Another page has registered: this one stays quiet until it is asked back. Its calls go on. */
  private yield(): void {
    this.log.warning("another page or telephone has taken this line over");
    this.set("elsewhere");
    if (this.calls.length === 0) this.retire();
    else this.ua?.unregister();     // or a connection that is lost and found would take the line back
  }

  /** Have the line here again. */
  takeOver(): void {
    if (!this.ua || this.calls.length === 0) return this.start();
    this.set("connecting");
    this.ua.register();
    this.expectAnswer();
  }

  /** Rejects with a Failure when it could not even be tried; later failures are the call's own. */
  async dial(text: string, video = false): Promise<Call> {
    const number = dialable(text);
    if (!isNumber(number)) throw new Failure("failed.not_a_number");
    const ua = this.reachable();
    const servers = this.media.servers();
    const call = this.add(new Call("outgoing", number, "", "preparing", video, servers));
    this.log.info(`dials ${number}`);
    await Promise.all([this.holdOthers(call), this.open(call)]);
    // Hung up, or failed, in the meantime.
    if ((call.state as string) === "ended" || !call.local) return call;
    call.change({ state: "calling" });
    const session = ua.call(`sip:${number.replaceAll("#", "%23")}@${this.account.domain}`, { mediaStream: call.local, pcConfig: { iceServers: servers } });
    call.follow(session);
    return call;
  }

  async answer(call: Call, video = false): Promise<void> {
    if (call.state !== "incoming" || !call.session) return;
    call.video = video && call.video;
    call.change({ state: "answering" });
    await Promise.all([this.holdOthers(call), this.open(call)]);
    if ((call.state as string) === "ended" || !call.local) return;
    call.session.answer({ mediaStream: call.local, pcConfig: { iceServers: this.media.servers() } });
  }

  hangUp(call: Call): void {
    // Asterisk would never hear of it: what is said ends at once, and it is told as soon as it can be reached.
    if (call.established && !this.connected) {
      call.mute(true);
      call.change({ ending: true });
    } else call.hangUp();
  }

  /** One call at a time is talked in. */
  async resume(call: Call): Promise<void> {
    await this.holdOthers(call);
    await call.hold(false);
  }

  transfer(call: Call, target: string | Call): void {
    this.log.info(`transfers ${call.id} to ${typeof target === "string" ? target : target.id}`);
    call.transfer(typeof target === "string" ? dialable(target).replaceAll("#", "%23") : target, this.account.domain);
  }

  /** Resolves when Asterisk has taken it; whether it reached anybody comes as a message of its own. */
  send(number: string, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!fits(text)) return reject(new Failure("undelivered.too_long"));
      this.reachable().sendMessage(`sip:${dialable(number)}@${this.account.domain}`, text, {
        contentType: "text/plain; charset=utf-8",
        eventHandlers: {
          succeeded: () => resolve(),
          failed: ({ response }) => reject(new Failure(response ? "undelivered.refused" : "undelivered.connection")),
        },
      });
    });
  }

  private reachable(): UA {
    if (!this.ua || !this.registered) throw new Failure("failed.not_registered");
    return this.ua;
  }

  private set(line: LineState): void {
    if (this.line === line) return;
    this.line = line;
    this.log.info(`line: ${line}`);
    this.emit("line", line);
  }

  private retire(): void {
    for (const timer of [this.unanswered, this.again, this.asked]) clearTimeout(timer);
    const ua = this.ua;
    this.ua = null;
    if (!ua) return;
    ua.removeAllListeners();
    ua.stop();
  }

  // Registration

  private expectAnswer(): void {
    clearTimeout(this.unanswered);
    this.unanswered = setTimeout(() => {
      if (!this.ua || !this.connected) return;
      this.log.warning("a REGISTER was not answered: sent again");
      this.ua.registrator().onTransportClosed();
      this.ua.register();
      this.expectAnswer();
    }, UNANSWERED);
  }

  private isRegistered(): void {
    clearTimeout(this.unanswered);
    this.expectQuestion();
    this.set("registered");
    this.reachCalls();
  }

  /** The other side of a connection that was lost does not know where its calls are now. */
  private reachCalls(): void {
    if (!this.lost) return;
    this.lost = false;
    for (const call of [...this.calls]) {
      if (call.ending) call.hangUp();
      else call.reach();
    }
  }

  private disconnected(code?: number, reason?: string): void {
    clearTimeout(this.unanswered);
    clearTimeout(this.asked);
    this.failures += 1;
    this.log.warning(`connection to the PBX lost (${code ?? "?"} ${reason ?? ""})`);
    this.lost = true;
    // Nothing that is said to it now would reach the caller: it is missed.
    for (const call of [...this.calls]) if (call.state === "incoming") call.fail("failed.connection");
    if (this.line !== "elsewhere") this.set(this.line === "connecting" ? "connecting" : "lost");
    this.emit("calls", undefined);
  }

  private registrationFailed(status: number | undefined, cause: string): void {
    clearTimeout(this.unanswered);
    this.log.error(`not registered: ${status ?? ""} ${cause}`);
    if (!this.connected || this.line === "elsewhere") return;
    const refused = status !== undefined && status >= 400 && status < 500;
    this.set(refused ? "refused" : "lost");
    if (refused) {
      this.reachCalls();      // what is said within a call is believed nevertheless
      this.emit("refused", undefined);
    }
    this.registerAgain(refused ? REFUSED_AGAIN : FAILED_AGAIN);
  }

  private registerAgain(milliseconds: number): void {
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      if (!this.ua || !this.connected) return;
      this.ua.register();
      this.expectAnswer();
    }, milliseconds);
  }

  /** Asterisk has asked how we are, so it knows us. If it asks no more, somebody else may have the line. */
  private expectQuestion(): void {
    clearTimeout(this.asked);
    this.asked = setTimeout(() => void this.check(), NEVER_ASKED);
  }

  /** Whether this page still has the line, and the connection still carries anything. */
  async check(): Promise<void> {
    const ua = this.ua;
    if (!ua || !this.registered) return;
    const holder = await this.holder();
    if (this.ua !== ua || !this.registered) return;
    if (holder === "others") this.yield();
    else {
      if (holder === "nobody") ua.register();
      this.expectQuestion();
    }
  }

  /** In time, but never away from somebody who has the line now. */
  private async renew(): Promise<void> {
    await this.check();
    if (this.registered) this.ua?.register();
  }

  /** Who has the line, by the registrar's word. */
  private async holder(): Promise<"we" | "others" | "nobody" | "unknown"> {
    const ua = this.ua;
    if (!ua?.isConnected()) return "unknown";
    const late = setTimeout(() => {
      this.log.warning("the PBX does not answer any more: a new connection");
      if (this.ua === ua) this.socket?.drop();
    }, DEAD);
    const found = await contacts(ua, this.account.user, this.account.domain);
    clearTimeout(late);
    // Its user is a random word. Asterisk writes the address that it saw behind it.
    const ours = /sips?:([^@]+)@/.exec(String(ua.contact.uri))?.[1] ?? "";
    if (found === null) return "unknown";
    if (found.length === 0) return "nobody";
    return found.some((contact) => contact.includes(`:${ours}@`)) ? "we" : "others";
  }

  // Calls

  private add(call: Call): Call {
    this.calls.push(call);
    call.on("changed", () => this.emit("calls", undefined));
    call.on("ended", () => {
      this.calls.splice(this.calls.indexOf(call), 1);
      this.log.info(`${call.id} has ended`);
      if (this.line === "elsewhere" && this.calls.length === 0) this.retire();
    });
    this.emit("call", call);
    this.emit("calls", undefined);
    return call;
  }

  private receive(session: RTCSession, request: IncomingRequest): void {
    const from = identity(request) ?? { number: request.from.uri.user, name: request.from.display_name ?? "" };
    const call = new Call("incoming", from.number, from.name, "incoming", /^m=video [1-9]/m.test(request.body ?? ""), this.media.servers());
    call.answerAfter = answerAfter(request);
    call.follow(session);
    this.add(call);
    this.log.info(`${call.id}: called by ${from.number}`);
    this.emit("incoming", call);
  }

  private async open(call: Call): Promise<void> {
    try {
      const stream = await this.media.open(call.video);
      if (call.state === "ended") stream.getTracks().forEach((track) => track.stop());
      else call.local = stream;
    } catch (error) {
      const why = error instanceof Failure ? error : new Failure("failed.no_microphone");
      this.log.error(`${call.id}: ${why.key}`);
      call.fail(why);
    }
  }

  private async holdOthers(but: Call): Promise<void> {
    await Promise.all(this.calls.filter((call) => call !== but && call.established && !call.held && !call.ending).map((call) => call.hold(true)));
  }

  // What else comes in

  private receiveMessage(request: IncomingRequest): void {
    const from = identity(request) ?? { number: request.from.uri.user, name: request.from.display_name ?? "" };
    this.emit("message", { ...from, text: request.body ?? "" });
  }

  private receiveEvent(request: IncomingRequest): void {
    const counts = /^Voice-Message:\s*(\d+)\/(\d+)/im.exec(request.body ?? "");
    if (counts) this.emit("waiting", { new: Number(counts[1]), old: Number(counts[2]) });
  }
}
