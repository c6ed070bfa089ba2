// SPDX-License-Identifier: GPL-3.0-or-later
// One call, from dialling or ringing to its end. No buttons, no sounds: others listen to its events.

import type { IncomingEvent, OutgoingEvent, RTCSession } from "jssip/lib/RTCSession";
import type { IncomingRequest, IncomingResponse } from "jssip/lib/SIPMessage";
import { Emitter } from "./emitter.ts";
import { callFailure, type Failure } from "./failure.ts";
import { enough } from "./ice.ts";
import type { TextKey } from "./texts.ts";

export type CallState =
  | "preparing"   // dialled; the microphone is being opened
  | "calling"     // asked for
  | "ringing"     // it rings at the other side
  | "incoming"    // it rings here
  | "answering"
  | "talking"
  | "ended";

export interface End {
  /** Whether the other side was ever connected. */
  talked: boolean;
  /** Who ended it. */
  by: "here" | "there";
  /** What went wrong; null of a call that ended as calls do. */
  failure: TextKey | null;
  /** Another telephone, or another page, took it. */
  elsewhere: boolean;
}

interface CallEvents {
  changed: void;
  ended: End;
  /** Something was asked of the call and refused. */
  refused: TextKey;
}

const WATCH = 2000;           // ms between two looks at what comes in
const SILENT_AFTER = 10_000;  // ms without a packet
const LISTEN = 1500;
const REACH_AGAIN = 500;

let count = 0;

/** The number and name that the other side shows: what our own PBX asserts, or else From. */
export function identity(message: IncomingRequest | IncomingResponse): { number: string; name: string } | null {
  const asserted = message.hasHeader("P-Asserted-Identity") ? message.getHeader("P-Asserted-Identity") : "";
  const found = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*))\s*<?sips?:([^@>;]+)/.exec(asserted);
  if (!found) return null;
  return { number: decodeURIComponent(found[3] ?? ""), name: (found[1] ?? found[2] ?? "").replace(/\\(.)/g, "$1").trim() };
}

/** After how many seconds a call asks to be answered by itself, or null. Telephones understand one header or the other. */
export function answerAfter(request: IncomingRequest): number | null {
  for (const header of request.getHeaders("Call-Info")) {
    const found = /;\s*answer-after\s*=\s*(\d+)/i.exec(header);
    if (found) return Number(found[1]);
  }
  for (const header of request.getHeaders("Alert-Info")) {
    if (/info\s*=\s*"?alert-autoanswer/i.test(header)) return Number(/;\s*delay\s*=\s*(\d+)/i.exec(header)?.[1] ?? 0);
  }
  return null;
}

export class Call extends Emitter<CallEvents> {
  readonly id = `call-${(count += 1)}`;
  readonly at = Date.now();
  /** When the two were connected, in milliseconds since 1970; 0 before that. */
  since = 0;
  held = false;
  muted = false;
  recording = false;
  /** Nothing has come in for some time although it should. */
  silent = false;
  /** Hung up here while the PBX could not be reached; it will be told. */
  ending = false;
  transferring = false;
  /** Its picture, not only its sound. */
  video: boolean;
  /** Something is heard before it is answered (an announcement, say): no ringing of our own. */
  early = false;
  answerAfter: number | null = null;
  session: RTCSession | null = null;
  local: MediaStream | null = null;
  /** What comes from the other side. */
  sound: MediaStream | null = null;
  picture: MediaStream | null = null;

  private watch: ReturnType<typeof setInterval> | null = null;
  private packets = -1;
  private lastPacket = 0;
  private endedHere = false;
  /** Why it was ended here. */
  private because: TextKey | null = null;
  /** A transfer has failed, and the other side may be gone. */
  private inDoubt = false;

  constructor(
    readonly direction: "incoming" | "outgoing",
    public number: string,
    public name: string,
    public state: CallState,
    video: boolean,
    private servers: RTCIceServer[],
  ) {
    super();
    this.video = video;
  }

  get established(): boolean {
    return this.state === "talking";
  }

  change(what: Partial<Pick<Call, "state" | "held" | "muted" | "recording" | "silent" | "ending" | "transferring">> = {}): void {
    Object.assign(this, what);
    this.emit("changed", undefined);
  }

  /** Ties it to JsSIP's session. */
  follow(session: RTCSession): void {
    this.session = session;
    session.on("progress", (event: IncomingEvent | OutgoingEvent) => {
      if (this.direction !== "outgoing" || this.state === "talking") return;
      if ("response" in event && event.response?.body) this.early = true;
      this.change({ state: "ringing" });
    });
    session.on("accepted", (event: IncomingEvent | OutgoingEvent) => {
      if ("response" in event && event.response) this.rename(event.response);
      this.since = Date.now();
      this.lastPacket = Date.now();
      this.watch ??= setInterval(() => void this.look(), WATCH);
      this.change({ state: "talking" });
    });
    for (const kind of ["update", "reinvite"] as const) {
      session.on(kind, ({ request }: { request: IncomingRequest }) => {
        this.rename(request);
        this.change();
      });
    }
    session.on("hold", ({ originator }) => String(originator) === "local" && this.change({ held: true }));
    session.on("unhold", ({ originator }) => String(originator) === "local" && this.change({ held: false }));
    session.on("muted", () => this.change({ muted: Boolean(session.isMuted().audio) }));
    session.on("unmuted", () => this.change({ muted: Boolean(session.isMuted().audio) }));
    session.on("ended", ({ originator, cause }) => {
      const hungUp = cause === "Terminated" || this.endedHere || this.transferring;
      const failure = this.inDoubt ? "failed.transfer_lost" : hungUp ? null : callFailure(undefined, cause);
      this.finish({ talked: true, by: String(originator) === "local" ? "here" : "there", failure, elsewhere: false });
    });
    session.on("failed", ({ originator, message, cause }) => {
      const status = message && "status_code" in message ? message.status_code : undefined;
      const elsewhere = Boolean(message && !("status_code" in message) && /cause=200|answered elsewhere/i.test(message.getHeader("Reason") ?? ""));
      const quiet = this.endedHere || (this.direction === "incoming" && cause === "Canceled");
      this.finish({ talked: false, by: String(originator) === "local" ? "here" : "there", failure: quiet ? null : callFailure(status, cause), elsewhere });
    });
    session.on("icecandidate", enough(this.servers));
    const listen = (connection: RTCPeerConnection) => {
      connection.addEventListener("track", ({ track }) => {
        if (track.kind === "audio") this.sound = new MediaStream([track]);
        else this.picture = new MediaStream([track]);
        this.change();
      });
      connection.addEventListener("connectionstatechange", () => {
        // The way is open, but the two could not agree on keys.
        if (connection.connectionState === "failed" && connection.iceConnectionState !== "failed") this.fail("failed.encryption");
      });
    };
    if (session.connection) listen(session.connection);
    else session.on("peerconnection", ({ peerconnection }) => listen(peerconnection));
  }

  hangUp(): void {
    this.endedHere = true;
    if (!this.session) {
      this.finish({ talked: false, by: "here", failure: null, elsewhere: false });
      return;
    }
    if (this.session.isEnded()) return;
    const rings = this.direction === "incoming" && !this.session.isEstablished();
    this.session.terminate(rings ? { status_code: 486, reason_phrase: "Busy Here" } : {});
  }

  /** Ends it because of this. */
  fail(why: Failure | TextKey): void {
    this.because = typeof why === "string" ? why : why.key;
    const talked = this.since > 0;
    this.endedHere = true;
    if (this.session && !this.session.isEnded()) this.session.terminate(talked || this.direction === "outgoing" ? {} : { status_code: 480 });
    this.finish({ talked, by: "here", failure: this.because, elsewhere: false });
  }

  /** One offer at a time: what is asked for while another one has no answer yet waits for that. */
  async hold(on: boolean): Promise<void> {
    for (let tries = 0; tries < 20; tries += 1) {
      const session = this.session;
      if (!session || this.held === on) return;
      const offered = await new Promise<boolean>((resolve) => {
        const done = () => resolve(true);
        if (!(on ? session.hold({}, done) : session.unhold({}, done))) resolve(false);
      });
      if (offered) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.emit("refused", "failed.hold");
  }

  mute(on: boolean): void {
    if (on) this.session?.mute({ audio: true, video: false });
    else this.session?.unmute({ audio: true, video: false });
  }

  get pictureMuted(): boolean {
    return Boolean(this.session?.isMuted().video);
  }

  mutePicture(on: boolean): void {
    if (on) this.session?.mute({ audio: false, video: true });
    else this.session?.unmute({ audio: false, video: true });
  }

  digits(digits: string): void {
    this.session?.sendDTMF(digits, { transportType: "RFC2833" as never, duration: 120, interToneGap: 80 });
  }

  /** Asterisk records the part of a call between the two. */
  record(on: boolean): void {
    this.session?.sendRequest("INFO", {
      extraHeaders: [`Record: ${on ? "on" : "off"}`],
      eventHandlers: {
        onSuccessResponse: () => this.change({ recording: on }),
        onErrorResponse: () => this.emit("refused", "failed.record"),
        onTransportError: () => this.emit("refused", "failed.record"),
        onRequestTimeout: () => this.emit("refused", "failed.record"),
      },
    });
  }

  /** To a number, or to whom another call of ours is with. Our part ends when the other side has taken over. */
  transfer(target: string | Call, domain: string): void {
    const session = this.session;
    if (!session) return;
    const other = typeof target === "string" ? null : target;
    const number = other ? other.number : (target as string);
    const undo = () => {
      this.change({ transferring: false });
      other?.change({ transferring: false });
    };
    const refused = () => {
      undo();
      this.emit("refused", "failed.transfer");
    };
    // Asterisk had the other side in hand already, and may have hung up on it without telling us.
    const failed = async () => {
      undo();
      this.inDoubt = !other;
      const there = await this.sounds();
      this.inDoubt = false;
      if (!other && !there) this.fail("failed.transfer_lost");
      else this.emit("refused", "failed.transfer");
    };
    const done = () => {
      for (const call of [this, other]) if (call?.session && !call.session.isEnded()) call.hangUp();
    };
    this.change({ transferring: true });
    other?.change({ transferring: true });
    session.refer(`sip:${number}@${domain}`, {
      ...(other?.session && { replaces: replaced(other) }),
      eventHandlers: { requestFailed: refused, failed: () => void failed(), accepted: done },
    });
  }

  /** After a lost connection: Asterisk goes on sending what belongs to a call the old way, until a request in it comes by another. */
  reach(attempts = 6): void {
    if (!this.session?.isEstablished()) return;
    if (!this.session.renegotiate({}) && attempts > 0) setTimeout(() => this.reach(attempts - 1), REACH_AGAIN);
  }

  /** The other microphone, without asking the other side. */
  async replaceMicrophone(stream: MediaStream): Promise<void> {
    const [track] = stream.getAudioTracks();
    const sender = this.session?.connection?.getSenders().find((each) => each.track?.kind === "audio");
    if (!track || !sender) return;
    const old = sender.track;
    track.enabled = old?.enabled ?? true;
    await sender.replaceTrack(track);
    old?.stop();
    if (old) this.local?.removeTrack(old);
    this.local?.addTrack(track);
  }

  /** What has come in: how many packets of sound, how loud the last was. */
  async inbound(): Promise<{ packets: number; level: number }> {
    const report = this.session?.connection ? [...(await this.session.connection.getStats()).values()] : [];
    const sound = report.find((each) => each.type === "inbound-rtp" && each.kind === "audio");
    return { packets: sound?.packetsReceived ?? 0, level: sound?.audioLevel ?? 0 };
  }

  /** Whether anything still comes in. */
  private async sounds(): Promise<boolean> {
    await this.hold(false);
    const before = (await this.inbound()).packets;
    await new Promise((resolve) => setTimeout(resolve, LISTEN));
    return (await this.inbound()).packets > before;
  }

  private rename(message: IncomingRequest | IncomingResponse): void {
    const now = identity(message);
    if (now?.number) [this.number, this.name] = [now.number, now.name];
  }

  private async look(): Promise<void> {
    const { packets } = await this.inbound();
    if (packets !== this.packets || this.held) this.lastPacket = Date.now();
    this.packets = packets;
    const silent = Date.now() - this.lastPacket >= SILENT_AFTER;
    if (silent !== this.silent && this.state === "talking") this.change({ silent });
  }

  private finish(end: End): void {
    if (this.state === "ended") return;
    if (this.watch) clearInterval(this.watch);
    this.local?.getTracks().forEach((track) => track.stop());
    this.state = "ended";
    // JsSIP tells of the end in its own words before those that ended it here can.
    this.emit("ended", { ...end, failure: this.because ?? end.failure });
    this.emit("changed", undefined);
  }
}

/** The session that a transfer replaces. JsSIP writes the tags as of a call that was dialled here; of one that came in they change places. */
function replaced(call: Call): RTCSession {
  const session = call.session as RTCSession & { _request: unknown; _from_tag: string; _to_tag: string };
  if (call.direction === "outgoing") return session;
  return { _request: session._request, _from_tag: session._to_tag, _to_tag: session._from_tag } as unknown as RTCSession;
}
