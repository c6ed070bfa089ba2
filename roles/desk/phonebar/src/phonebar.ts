// SPDX-License-Identifier: GPL-3.0-or-later
// The phonebar itself: joins the desk, the phone, devices and sounds, and holds what the view shows. The view calls its methods
// and draws again at each "changed".

import type { Call, End } from "./call.ts";
import { Desk, DeskError, type Queue, type Recorded, type Session, type Waiting } from "./desk.ts";
import { Devices, type Choice } from "./devices.ts";
import { Emitter } from "./emitter.ts";
import { deskFailure, Failure, undelivered } from "./failure.ts";
import { Log } from "./log.ts";
import { Memory, read, write, type PastCall, type PastMessage } from "./memory.ts";
import { Phone, type LineState, type TextMessage } from "./phone.ts";
import { Sound } from "./sound.ts";
import { t, type TextKey, type Values } from "./texts.ts";

export type Section = "keypad" | "history" | "messages" | "voicemail" | "settings";

export interface Notice {
  id: number;
  text: string;
}

interface Choices {
  devices: Choice;
  /** Null: as the desk says. */
  autoAnswer: { on: boolean; delay: number } | null;
}

const MOST_NOTICES = 3;
const ICE_AHEAD = 300;          // s before the credentials of a relay end
const RELOAD = 1500;            // ms between two attempts to reach the desk
const SPREAD = 1000;            // ms within which pages ask that are told at the same time
const CHECK_CERTIFICATE = 4;    // connections in a row that failed, until the page says more

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const no = (): Choices => ({ devices: { microphone: "", speaker: "", ringer: "", camera: "" }, autoAnswer: null });

export class Phonebar extends Emitter<{ changed: void; announce: string }> {
  session: Session | null = null;
  /** Why there is nothing to show; empty while it loads. */
  trouble: TextKey | "" = "";
  phone: Phone | null = null;
  devices!: Devices;
  history!: Memory<PastCall>;
  messages!: Memory<PastMessage>;
  section: Section = "keypad";
  /** What is typed into the keypad, and the conversation that is open. */
  dialled = "";
  conversation: string | null = null;
  waiting: Waiting = { new: 0, old: 0 };
  recorded: Recorded[] | null = null;
  notices: Notice[] = [];
  deskReachable = true;
  /** Seconds until a call is answered by itself, by the call's id. */
  countdown = new Map<string, number>();

  readonly desk = new Desk();
  readonly log = new Log((lines, leaving) => this.desk.log(lines, leaving));
  readonly sound = new Sound(() => this.devices.chosen);

  private choices = no();
  private page = crypto.randomUUID();
  private noticeCount = 0;
  private countdowns = new Map<string, ReturnType<typeof setInterval>>();
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private leaving = false;
  private afterCalls: (() => void) | null = null;
  private reloading = false;
  private reloadAgain = false;
  /** Where the page was loaded to connect to. */
  private place = "";

  /** Loads the session, and registers. Waits for the desk as long as it takes. */
  async start(): Promise<void> {
    const session = await this.load();
    if (!session) return;
    const { username } = session.person;
    this.place = session.sip?.websocket ?? "";
    this.choices = { ...no(), ...read(localStorage, `phonebar.choices.${username}`, no()) };
    this.devices = new Devices(this.choices.devices);
    this.history = new Memory(sessionStorage, `phonebar.calls.${username}`);
    this.messages = new Memory(sessionStorage, `phonebar.messages.${username}`);
    for (const message of this.messages.entries) if (message.state === "sending") message.state = "failed";
    this.devices.on("changed", () => this.changed());
    this.sound.on("locked", () => this.changed());
    this.listenToDesk();
    this.startPhone(session);
    this.changed();
    void this.devices.refresh();
    void this.loadRecorded();
    addEventListener("online", () => void this.phone?.check());
    addEventListener("pagehide", () => this.leave());
    addEventListener("beforeunload", (event) => {
      if (this.calls.length > 0 && !this.leaving) event.preventDefault();
    });
  }

  get calls(): Call[] {
    return this.phone?.calls ?? [];
  }

  /** Whether this person has another telephone. */
  get absent(): boolean {
    return this.session?.sip === null && this.calls.length === 0;
  }

  get line(): LineState | "absent" {
    return this.absent ? "absent" : (this.phone?.line ?? "connecting");
  }

  get unread(): number {
    return this.messages.entries.filter((message) => message.state === "unread").length;
  }

  get missed(): number {
    return this.history.entries.filter((call) => call.missed && call.at > this.seenHistory).length;
  }

  private seenHistory = Date.now();

  /** After several connections that failed although the desk itself is there. */
  get certificateSuspected(): boolean {
    return (this.phone?.failures ?? 0) >= CHECK_CERTIFICATE && this.deskReachable && this.line === "connecting";
  }

  get autoAnswer(): { on: boolean; delay: number } {
    const settings = this.session?.settings;
    return this.choices.autoAnswer ?? { on: settings?.auto_answer ?? false, delay: settings?.auto_answer_delay ?? 0 };
  }

  // Calls

  async dial(number = this.dialled, video = false): Promise<void> {
    if (!number.trim() || !this.phone) return;
    this.dialled = "";
    this.notices = [];
    this.changed();
    try {
      await this.phone.dial(number, video);
    } catch (error) {
      this.dialled ||= number;
      this.complain(error);
    }
  }

  answer(call: Call, video = false): void {
    this.stopCountdown(call);
    void this.phone?.answer(call, video);
  }

  hangUp(call: Call): void {
    this.stopCountdown(call);
    this.phone?.hangUp(call);
  }

  hold(call: Call): void {
    void (call.held ? this.phone?.resume(call) : call.hold(true));
  }

  /** Dials somebody to ask before a call is handed over. */
  consult(number: string): void {
    void this.dial(number);
  }

  transfer(call: Call, target: string | Call): void {
    if (typeof target === "string" && !target.trim()) return;
    this.phone?.transfer(call, target);
  }

  /** A key of the pad in a call. */
  digit(call: Call, key: string): void {
    call.digits(key);
    this.tone(key);
  }

  /** A key of the pad for dialling. */
  type(key: string): void {
    this.dialled += key;
    this.tone(key);
    this.changed();
  }

  private tone(key: string): void {
    if (this.session?.settings.dtmf_tones) this.sound.digit(key);
  }

  stopCountdown(call: Call): void {
    clearInterval(this.countdowns.get(call.id));
    this.countdowns.delete(call.id);
    if (this.countdown.delete(call.id)) this.changed();
  }

  /** Takes the line back from another page. */
  takeOver(): void {
    this.phone?.takeOver();
  }

  // Messages

  async write(number: string, text: string): Promise<void> {
    const id = String(Date.now() + Math.random());
    this.messages.add({ id, number, name: this.nameOf(number), text, at: Date.now(), from: "me", state: "sending", failure: null });
    this.changed();
    try {
      if (!this.phone) throw new Failure("undelivered.connection");
      await this.phone.send(number, text);
      this.messages.change(id, { state: "sent" });
    } catch (error) {
      this.messages.change(id, { state: "failed", failure: error instanceof Failure ? error.key : "undelivered.other" });
    }
    this.changed();
  }

  open(number: string | null): void {
    this.conversation = number;
    if (number !== null) this.show("messages");
    this.markRead();
    this.changed();
  }

  /** The name that last came with a number. */
  nameOf(number: string): string {
    const known = [...this.messages.entries, ...this.history.entries].find((entry) => entry.number === number && entry.name !== "");
    return known?.name ?? "";
  }

  // Voicemail

  async loadRecorded(): Promise<void> {
    if (!this.session?.settings.voicemail) return;
    try {
      this.setRecorded(await this.desk.recorded());
    } catch {
      // The list says so where it is shown; it is asked for again when the desk is back.
      this.recorded ??= null;
    }
    this.changed();
  }

  async changeRecorded(id: string, act: "heard" | "delete"): Promise<void> {
    try {
      this.setRecorded(await this.desk.change(id, act));
    } catch (error) {
      this.complain(error);
    }
    this.changed();
  }

  private setRecorded(list: Recorded[]): void {
    this.recorded = list;
    this.waiting = { new: list.filter((each) => each.new).length, old: list.filter((each) => !each.new).length };
  }

  private setWaiting(waiting: Waiting): void {
    const more = waiting.new > this.waiting.new;
    const other = more || waiting.new !== this.waiting.new || waiting.old !== this.waiting.old;
    this.waiting = waiting;
    if (more) this.announce("announce.voicemail", { count: waiting.new });
    if (other) void this.loadRecorded();
    this.changed();
  }

  // Queues

  /** "out", "available", or "pause:<reason>". */
  async setQueue(choice: string): Promise<void> {
    try {
      let queue = this.session?.queue;
      if (!queue) return;
      if (choice === "out") queue = await this.desk.queue("sign_out");
      else {
        if (!queue.signed_in) queue = await this.desk.queue("sign_in");
        if (choice.startsWith("pause:")) queue = await this.desk.queue("pause", choice.slice("pause:".length));
        else if (queue.paused) queue = await this.desk.queue("unpause");
      }
      this.setQueueState(queue);
    } catch (error) {
      this.complain(error);
      this.changed();
    }
  }

  private setQueueState(queue: Queue | null): void {
    if (this.session) this.session.queue = queue;
    this.changed();
  }

  // The person's own choices

  choose(kind: keyof Choice, id: string): void {
    this.devices.choose(kind, id);
    this.saveChoices();
    if (kind !== "microphone") return;
    for (const call of this.calls) {
      if (!call.local) continue;
      this.devices.open().then((stream) => call.replaceMicrophone(stream)).catch((error) => this.complain(error));
    }
  }

  setAutoAnswer(autoAnswer: { on: boolean; delay: number }): void {
    this.choices.autoAnswer = autoAnswer;
    this.saveChoices();
    this.changed();
  }

  private saveChoices(): void {
    write(localStorage, `phonebar.choices.${this.session?.person.username}`, this.choices);
  }

  // What is shown

  show(section: Section): void {
    this.section = section;
    if (section === "history") this.seenHistory = Date.now();
    if (section === "voicemail") void this.loadRecorded();
    this.markRead();
    this.changed();
  }

  redraw(): void {
    this.changed();
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.changed();
  }

  /** At the first click or key: from now on the page may be heard. */
  touched(): void {
    this.sound.unlock();
    this.devices?.resume();
  }

  /** At sign-out: nothing of the calls stays. */
  forget(): void {
    this.leaving = true;
    this.history.clear();
    this.messages.clear();
    this.leave();
  }

  say(key: TextKey, values: Values = {}): void {
    const text = t(key, values);
    this.noticeCount += 1;
    this.notices = [...this.notices.filter((notice) => notice.text !== text), { id: this.noticeCount, text }].slice(-MOST_NOTICES);
    this.changed();
  }

  private complain(error: unknown): void {
    if (error instanceof Failure) return this.say(error.key);
    if (error instanceof DeskError) return error.status === 401 ? undefined : this.say(deskFailure(error.key));
    this.log.error(`unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    this.say("failed.other");
  }

  private announce(key: TextKey, values: Values = {}): void {
    this.emit("announce", t(key, values));
  }

  private changed(): void {
    this.emit("changed", undefined);
  }

  private markRead(): void {
    if (this.section !== "messages" || this.conversation === null) return;
    for (const message of this.messages.entries) {
      if (message.number === this.conversation && message.state === "unread") message.state = "read";
    }
    this.messages.save();
    this.changed();
  }

  // The desk

  private async load(): Promise<Session | null> {
    for (;;) {
      try {
        const session = await this.desk.session();
        this.trouble = "";
        this.adopt(session);
        return session;
      } catch (error) {
        if (error instanceof DeskError && error.status === 401) {
          location.assign("/sign-in");
          return null;
        }
        this.trouble = error instanceof DeskError ? deskFailure(error.key) : "failed.desk";
        this.changed();
        await pause(RELOAD);
      }
    }
  }

  private adopt(session: Session): void {
    this.session = session;
    const { messages, voicemail } = session.settings;
    if ((this.section === "messages" && !messages) || (this.section === "voicemail" && !voicemail)) this.section = "keypad";
    this.log.configure(session.settings.log, [session.sip?.ha1 ?? "", session.csrf, ...session.ice.servers.map((server) => String(server.credential ?? ""))]);
    clearTimeout(this.renewal);
    if (session.ice.servers.length === 0) return;
    const left = Math.max(30, session.ice.expires - Date.now() / 1000 - ICE_AHEAD);
    this.renewal = setTimeout(() => void this.reload(), Math.min(left * 1000, 2 ** 31 - 1));
  }

  /** What may have changed in the meantime: credentials, the pause, the settings. One at a time, or an older answer might come last. */
  private async reload(): Promise<void> {
    if (this.reloading) {
      this.reloadAgain = true;
      return;
    }
    this.reloading = true;
    try {
      const session = await this.desk.session();
      if (this.isElsewhere(session)) this.whenQuiet(() => location.reload());
      else {
        this.adopt(session);
        this.startPhone(session);
        if (this.recorded === null) void this.loadRecorded();
      }
    } catch {
      // The desk is away; it is asked again when it is back.
      clearTimeout(this.renewal);
      this.renewal = setTimeout(() => void this.reload(), RELOAD * (5 + Math.random() * 10));
    }
    this.reloading = false;
    this.changed();
    if (!this.reloadAgain) return;
    this.reloadAgain = false;
    void this.reload();
  }

  /** By another name, or connected to another place than the page may connect to: nothing of it can go on with that. */
  private isElsewhere(now: Session): boolean {
    return now.person.username !== this.session?.person.username || (now.sip !== null && now.sip.websocket !== this.place);
  }

  /** Now, or when the last call has ended: calls are more important. */
  private whenQuiet(act: () => void): void {
    if (this.calls.length > 0) this.afterCalls = act;
    else act();
  }

  private listenToDesk(): void {
    this.desk.on("session", (version) => {
      if (version !== this.session?.version) void pause(Math.random() * SPREAD).then(() => this.reload());
    });
    this.desk.on("queue", (queue) => this.setQueueState(queue));
    this.desk.on("voicemail", (waiting) => this.setWaiting(waiting));
    this.desk.on("line", (page) => {
      if (page !== this.page) void this.phone?.check();
    });
    this.desk.on("reachable", (reachable) => {
      const back = reachable && !this.deskReachable;
      this.deskReachable = reachable;
      if (back) {
        void this.reload();
        void this.loadRecorded();
      }
      this.changed();
    });
    this.desk.on("out", () => this.signedOut());
    this.desk.listen();
  }

  private signedOut(): void {
    if (this.leaving) return;
    if (this.calls.length > 0) this.say("notice.signed_out_after_call");
    this.whenQuiet(() => {
      this.leaving = true;
      this.leave();
      location.assign("/sign-in");
    });
  }

  private leave(): void {
    this.desk.deafen();
    this.phone?.stop();
    void this.log.flush(true);
  }

  // The phone

  /** Or go on with it, by what the session says now. */
  private startPhone(session: Session): void {
    if (!session.sip) return this.whenQuiet(() => this.putPhoneAway());
    if (this.phone) return this.phone.renewAccount(session.sip);
    const media = { open: (video: boolean) => this.devices.open(video), servers: () => this.session?.ice.servers ?? [] };
    const phone = new Phone(session.sip, media, this.log);
    this.phone = phone;
    phone.on("line", (line) => this.lineChanged(line));
    phone.on("refused", () => void this.reload());
    phone.on("calls", () => this.callsChanged());
    phone.on("call", (call) => this.follow(call));
    phone.on("incoming", (call) => this.called(call));
    phone.on("message", (message) => this.messageCame(message));
    phone.on("waiting", (waiting) => this.setWaiting(waiting));
    phone.start();
  }

  private putPhoneAway(): void {
    if (this.session?.sip) return;
    this.phone?.stop();
    this.phone = null;
    this.changed();
  }

  private lineChanged(line: LineState): void {
    if (line === "registered") this.desk.claim(this.page).catch(() => this.log.warning("the desk could not be told who has the line"));
    this.announce(`line.${line}`);
    this.changed();
  }

  private callsChanged(): void {
    const calls = this.calls;
    const talking = calls.some((call) => call.established);
    const rings = calls.some((call) => call.state === "incoming");
    this.sound.ring(rings && !talking);
    this.sound.knock(rings && talking);
    this.sound.ringback(calls.some((call) => call.direction === "outgoing" && call.state === "ringing" && !call.early));
    this.changed();
    if (calls.length > 0) return;
    const act = this.afterCalls;
    this.afterCalls = null;
    act?.();
  }

  private called(call: Call): void {
    const settings = this.session?.settings;
    // From where a transfer leads nowhere Asterisk sends the other side back, as a call of its own.
    const left = this.calls.find((each) => each.transferring && each !== call && each.number === call.number);
    if (left) {
      left.hangUp();
      this.say("failed.transfer_back", { who: call.name || call.number });
    }
    const others = this.calls.length - 1;
    if (others >= Math.max(1, settings?.calls_at_once ?? 1)) {
      call.hangUp();
      return;
    }
    this.announce("announce.incoming", { who: call.name || call.number });
    const delay = this.answersAfter(call);
    if (delay !== null && others === 0) this.startCountdown(call, delay);
  }

  /**
   * The desk's own setting reaches us in the call itself, for a queue that rings everybody leaves it out. Who has chosen otherwise
   * here, where that is allowed, has chosen for every call.
   */
  private answersAfter(call: Call): number | null {
    const own = this.session?.settings.may_change_settings ? this.choices.autoAnswer : null;
    if (own && !own.on) return null;
    if (own && !this.session?.settings.auto_answer) return own.delay;
    return call.answerAfter === null ? null : (own?.delay ?? call.answerAfter);
  }

  private startCountdown(call: Call, seconds: number): void {
    if (seconds <= 0) return void this.answer(call);
    const end = Date.now() + seconds * 1000;
    this.countdown.set(call.id, seconds);
    const timer = setInterval(() => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) return this.answer(call);
      if (this.countdown.get(call.id) !== left) {
        this.countdown.set(call.id, left);
        this.changed();
      }
    }, 100);
    this.countdowns.set(call.id, timer);
    this.changed();
  }

  private follow(call: Call): void {
    call.on("changed", () => {
      if (call.sound && call.state !== "ended") this.devices.hear(call.id, call.sound, call.held);
    });
    call.on("refused", (key) => this.say(key));
    call.on("ended", (end) => this.callEnded(call, end));
  }

  private callEnded(call: Call, end: End): void {
    this.stopCountdown(call);
    this.devices.unhear(call.id);
    const missed = call.direction === "incoming" && !end.talked && !end.elsewhere && (end.by === "there" || end.failure !== null);
    this.history.add({
      id: `${call.at}-${call.id}`, number: call.number, name: call.name, direction: call.direction, at: call.at, missed,
      seconds: call.since ? (Date.now() - call.since) / 1000 : 0, failure: end.failure,
    });
    const who = call.name || call.number;
    if (end.failure) this.say(end.failure, { who });
    else this.announce(missed ? "announce.missed" : "announce.ended", { who });
  }

  private messageCame({ number, name, text }: TextMessage): void {
    if (!this.session?.settings.messages) return;
    const failed = number === "switchboard" ? undelivered(text) : null;
    if (failed) {
      const last = this.messages.entries.find((each) => each.number === failed.number && each.from === "me" && each.state !== "failed");
      if (last) this.messages.change(last.id, { state: "failed", failure: failed.key });
      this.announce("announce.undelivered", { who: failed.number });
      this.changed();
      return;
    }
    const read = this.section === "messages" && this.conversation === number && document.visibilityState === "visible";
    this.messages.add({
      id: String(Date.now() + Math.random()), number, name, text, at: Date.now(), from: "them", state: read ? "read" : "unread", failure: null,
    });
    if (this.session.settings.message_sound) this.sound.message();
    this.announce("announce.message", { who: name || number });
    this.changed();
  }
}
