// SPDX-License-Identifier: GPL-3.0-or-later
// A phone in a browser, for tests: no buttons; the driver (browser.py) calls the functions of `phone` and reads its events.
// It speaks a tone of its own in place of a microphone, so that no echo is mistaken for the other side.

import JsSIP from "jssip";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Keeps every message, as it goes over the web socket.
class Socket extends JsSIP.WebSocketInterface {
  constructor(url, trace) {
    super(url);
    this.trace = trace;
  }

  send(message) {
    const sent = super.send(message);
    if (sent) this.trace.push([true, message]);
    return sent;
  }

  _onMessage(event) {
    this.trace.push([false, event.data]);
    super._onMessage(event);
  }
}

class Phone {
  constructor() {
    this.events = [];
    this.trace = [];
    this.call = null;
    this.element = document.createElement("audio");
    this.screen = document.createElement("video");
    this.screen.muted = true;
  }

  tell(type, param = "") {
    this.events.push({ type, param, at: Date.now() });
  }

  async start({ url, domain, user, ha1, realm, tone, video, expires }) {
    // The permission for a microphone is also that for showing the computer's own addresses to the other side.
    const devices = await navigator.mediaDevices.getUserMedia({ audio: true, video });
    this.context = new AudioContext({ sampleRate: 48000 });
    this.oscillator = new OscillatorNode(this.context, { frequency: tone });
    const microphone = this.context.createMediaStreamDestination();
    this.oscillator.connect(new GainNode(this.context, { gain: 0.5 })).connect(microphone);
    this.oscillator.start();
    this.tracks = [...microphone.stream.getAudioTracks(), ...devices.getVideoTracks()];
    this.domain = domain;

    const socket = new Socket(url, this.trace);
    const ua = (this.ua = new JsSIP.UA({
      sockets: [socket], uri: `sip:${user}@${domain}`, authorization_user: user, ha1, realm, register_expires: expires,
      session_timers: false, connection_recovery_min_interval: 2, connection_recovery_max_interval: 4,
    }));
    let late;
    let lost = false;
    ua.on("connected", () => {
      this.tell("connected");
      // A REGISTER that comes while Asterisk starts is lost, and would be sent again after 32 seconds only.
      late = setTimeout(() => socket._ws && socket._ws.close(), 3000);
    });
    ua.on("disconnected", () => {
      clearTimeout(late);
      lost = true;
      this.tell("disconnected");
    });
    ua.on("registered", () => {
      clearTimeout(late);
      this.tell("registered");
      // Asterisk goes on sending what belongs to a call over the connection that is gone, until a request in it comes over another one.
      if (lost && this.call && this.call.isEstablished()) this.call.renegotiate({}, () => this.tell("reached"));
      lost = false;
    });
    ua.on("registrationFailed", ({ response, cause }) => {
      clearTimeout(late);
      this.tell("refused", response ? response.status_code : cause);
    });
    ua.on("newRTCSession", ({ session, originator }) => this.follow(session, originator));
    ua.start();
  }

  // What both sides of a call have in common.
  options() {
    return { mediaStream: new MediaStream(this.tracks), pcConfig: { iceServers: [] } };
  }

  follow(session, originator) {
    this.call = session;
    this.ears = null;
    if (originator === "remote") this.tell("ringing");
    session.on("progress", () => this.tell("ringback"));
    session.on("confirmed", () => this.tell("established"));
    for (const each of ["ended", "failed"]) {
      session.on(each, ({ message, cause }) => {
        const status = message && message.status_code;
        if (this.call === session) this.call = null;
        this.tell("ended", status ? `${status} ${message.reason_phrase}` : cause);
      });
    }
    // All of the computer's own addresses are known at once; others are not asked for.
    let enough;
    session.on("icecandidate", ({ ready }) => {
      clearTimeout(enough);
      enough = setTimeout(ready, 200);
    });
    const listen = (connection) => connection.addEventListener("track", (event) => {
      const stream = new MediaStream([event.track]);
      if (event.track.kind === "video") {
        this.screen.srcObject = stream;
        this.screen.play();
        return;
      }
      this.element.srcObject = stream;
      this.element.play();
      this.ears = new AnalyserNode(this.context, { fftSize: 16384, smoothingTimeConstant: 0 });
      this.context.createMediaStreamSource(stream).connect(this.ears);
    });
    if (session.connection) listen(session.connection);
    else session.on("peerconnection", ({ peerconnection }) => listen(peerconnection));
  }

  dial(number) {
    this.ua.call(`sip:${number}@${this.domain}`, this.options());
  }

  answer() {
    this.call.answer(this.options());
  }

  // A call that only rings here is refused as busy.
  hangup() {
    const rings = this.call.direction === "incoming" && !this.call.isEstablished();
    this.call.terminate(rings ? { status_code: 486, reason_phrase: "Busy Here" } : {});
  }

  hold() {
    return new Promise((resolve) => this.call.hold({}, resolve));
  }

  resume() {
    return new Promise((resolve) => this.call.unhold({}, resolve));
  }

  dtmf(digits) {
    this.call.sendDTMF(digits, { transportType: "RFC2833", duration: 120, interToneGap: 120 });
  }

  message(number, text) {
    return new Promise((resolve) => this.ua.sendMessage(`sip:${number}@${this.domain}`, text, {
      eventHandlers: { succeeded: ({ response }) => resolve(response.status_code), failed: ({ response, cause }) => resolve(response ? response.status_code : cause) },
    }));
  }

  quit() {
    this.ua.stop();
  }

  async inbound(kind) {
    const report = this.call && this.call.connection ? [...(await this.call.connection.getStats()).values()] : [];
    const stream = report.find((each) => each.type === "inbound-rtp" && each.kind === kind);
    const codec = stream && report.find((each) => each.id === stream.codecId);
    return { level: 0, packetsReceived: 0, framesDecoded: 0, ...stream, codec: codec ? codec.mimeType.toLowerCase() : "" };
  }

  // What comes in for so long: packets, the highest level, and the loudest tone at its end.
  async heard(ms) {
    const before = await this.inbound("audio");
    let level = 0;
    const end = performance.now() + ms;
    while (performance.now() < end) {
      await pause(100);
      level = Math.max(level, (await this.inbound("audio")).audioLevel || 0);
    }
    const after = await this.inbound("audio");
    return { level, packets: after.packetsReceived - before.packetsReceived, codec: after.codec, pitch: this.pitch() };
  }

  pitch() {
    if (!this.ears) return 0;
    const power = new Float32Array(this.ears.frequencyBinCount);
    this.ears.getFloatFrequencyData(power);
    let loudest = 0;
    for (let each = 1; each < power.length; each += 1) if (power[each] > power[loudest]) loudest = each;
    return power[loudest] < -70 ? 0 : (loudest * this.context.sampleRate) / this.ears.fftSize;
  }
}

window.phone = new Phone();
