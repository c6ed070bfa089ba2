// SPDX-License-Identifier: GPL-3.0-or-later
// Ringing, ringback, tones of digits and the sound of a message: made, not played from files.

import { Emitter } from "./emitter.ts";

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYS = "123A456B789C*0#D";

type Output = "speaker" | "ringer";
interface Burst {
  at: number;       // seconds after the pattern's begin
  length: number;
  tones: number[];
}

// A soft two-note bell; the ringback of Europe; a short double note.
const RING: Burst[] = [0, 0.22, 0.44, 1.1, 1.32, 1.54].map((at, index) => ({ at, length: 0.3, tones: index % 2 ? [659, 1318] : [523, 1046] }));
const RINGBACK: Burst[] = [{ at: 0, length: 1, tones: [425] }];
const MESSAGE: Burst[] = [{ at: 0, length: 0.12, tones: [880] }, { at: 0.12, length: 0.25, tones: [1174] }];
const PROBE: Burst[] = [{ at: 0, length: 0.35, tones: [523] }, { at: 0.35, length: 0.5, tones: [784] }];

export class Sound extends Emitter<{ locked: boolean }> {
  private contexts = new Map<Output, AudioContext>();
  private stops = new Map<string, () => void>();

  constructor(private chosen: () => Record<Output, string>) {
    super();
  }

  /** Browsers are silent until the page was clicked. */
  get locked(): boolean {
    return [...this.contexts.values()].some((context) => context.state === "suspended");
  }

  /** To be called at the first click or key. */
  unlock(): void {
    for (const output of ["speaker", "ringer"] as const) void this.context(output).resume();
  }

  ring(on: boolean): void {
    this.repeat("ring", on, "ringer", RING, 4, 0.25);
  }

  ringback(on: boolean): void {
    this.repeat("ringback", on, "speaker", RINGBACK, 5, 0.08);
  }

  /** A call is waiting while somebody is talking: once in a while, and softly. */
  knock(on: boolean): void {
    this.repeat("knock", on, "speaker", [{ at: 0, length: 0.2, tones: [440] }], 5, 0.06);
  }

  digit(key: string): void {
    const place = KEYS.indexOf(key);
    if (place < 0) return;
    this.play("speaker", [{ at: 0, length: 0.12, tones: [ROWS[place >> 2] ?? 0, COLUMNS[place & 3] ?? 0] }], 0.1);
  }

  message(): void {
    this.play("ringer", MESSAGE, 0.15);
  }

  probe(output: Output): void {
    this.play(output, PROBE, 0.2);
  }

  private repeat(name: string, on: boolean, output: Output, pattern: Burst[], period: number, volume: number): void {
    if (on === this.stops.has(name)) return;
    if (!on) {
      this.stops.get(name)?.();
      this.stops.delete(name);
      return;
    }
    let silence = this.play(output, pattern, volume);
    const timer = setInterval(() => (silence = this.play(output, pattern, volume)), period * 1000);
    this.stops.set(name, () => {
      clearInterval(timer);
      silence();
    });
  }

  private context(output: Output): AudioContext {
    let context = this.contexts.get(output);
    if (!context) {
      context = new AudioContext();
      this.contexts.set(output, context);
      context.addEventListener("statechange", () => this.emit("locked", this.locked));
    }
    const routed = context as AudioContext & { sinkId?: string; setSinkId?(id: string): Promise<void> };
    const id = this.chosen()[output];
    if (routed.setSinkId && (routed.sinkId ?? "") !== id) routed.setSinkId(id).catch(() => {});
    return context;
  }

  /** Returns what silences it. */
  private play(output: Output, pattern: Burst[], volume: number): () => void {
    const context = this.context(output);
    void context.resume();
    const gain = new GainNode(context, { gain: 0 });
    gain.connect(context.destination);
    const begin = context.currentTime + 0.02;
    let end = begin;
    for (const { at, length, tones } of pattern) {
      const from = begin + at;
      const to = from + length;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(volume, from + 0.015);
      gain.gain.setValueAtTime(volume, to - 0.05);
      gain.gain.linearRampToValueAtTime(0, to);
      for (const frequency of tones) {
        const tone = new OscillatorNode(context, { frequency });
        tone.connect(gain);
        tone.start(from);
        tone.stop(to);
      }
      end = Math.max(end, to);
    }
    setTimeout(() => gain.disconnect(), (end - context.currentTime) * 1000 + 200);
    return () => gain.disconnect();
  }
}
