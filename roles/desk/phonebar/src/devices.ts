// SPDX-License-Identifier: GPL-3.0-or-later
// Microphones, speakers and cameras: which there are, which is chosen, how loud it is.

import { Emitter } from "./emitter.ts";
import { deviceFailure, Failure } from "./failure.ts";

export type Kind = "microphone" | "speaker" | "ringer" | "camera";
export type Choice = Record<Kind, string>;

const KINDS: Record<Kind, MediaDeviceKind> = { microphone: "audioinput", speaker: "audiooutput", ringer: "audiooutput", camera: "videoinput" };

export class Devices extends Emitter<{ changed: void }> {
  private known: MediaDeviceInfo[] = [];
  private ears = new Map<string, HTMLAudioElement>();

  /** `chosen` holds the ids; an empty one is whatever the browser takes by itself. */
  constructor(readonly chosen: Choice) {
    super();
    // Absent where the page did not come over TLS.
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.refresh());
  }

  list(kind: Kind): MediaDeviceInfo[] {
    return this.known.filter((device) => device.kind === KINDS[kind] && device.deviceId !== "" && device.deviceId !== "default");
  }

  /** Names are empty until a microphone was allowed once. */
  async refresh(): Promise<void> {
    this.known = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    this.emit("changed", undefined);
  }

  /** Rejects with a Failure. A camera that cannot be had costs the picture, not the call. */
  async open(video = false): Promise<MediaStream> {
    if (!navigator.mediaDevices) throw new Failure("failed.insecure_page");
    const audio = { ...exactly(this.chosen.microphone), echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio });
      if (video) {
        const camera = await navigator.mediaDevices.getUserMedia({ video: { ...exactly(this.chosen.camera), width: 640, height: 480 } }).catch(() => null);
        camera?.getTracks().forEach((track) => stream.addTrack(track));
      }
      if (this.known.every((device) => device.label === "")) void this.refresh();
      return stream;
    } catch (error) {
      throw new Failure(deviceFailure(error));
    }
  }

  choose(kind: Kind, id: string): void {
    this.chosen[kind] = id;
    if (kind === "speaker") for (const element of this.ears.values()) void sink(element, id);
    this.emit("changed", undefined);
  }

  /** Lets a call's sound be heard, or keeps it quiet while the call is on hold. */
  hear(id: string, stream: MediaStream, held: boolean): void {
    let element = this.ears.get(id);
    if (!element) {
      element = new Audio();
      this.ears.set(id, element);
      document.body.append(element);
      void sink(element, this.chosen.speaker);
    }
    const wanted = held ? null : stream;
    if (element.srcObject === wanted) return;
    element.srcObject = wanted;
    if (wanted) element.play().catch(() => {});     // not clicked so far: the page asks for it (sound.ts)
  }

  unhear(id: string): void {
    const element = this.ears.get(id);
    if (!element) return;
    element.srcObject = null;
    element.remove();
    this.ears.delete(id);
  }

  /** What was not allowed to be heard before the first click. */
  resume(): void {
    for (const element of this.ears.values()) if (element.paused && element.srcObject) element.play().catch(() => {});
  }
}

const exactly = (id: string) => (id === "" ? {} : { deviceId: { ideal: id } });

/** Not every browser lets a page choose. */
export async function sink(element: HTMLMediaElement, id: string): Promise<void> {
  await element.setSinkId?.(id).catch(() => {});
}

/** How loud a stream is, 0 to 1, as long as nobody calls what is returned. */
export function meter(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    // Speech is between -50 and -10 dB; a bar that grows with the power itself would hardly move.
    tell(Math.min(1, Math.max(0, (20 * Math.log10(power || 1e-6) + 55) / 45)));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
