// SPDX-License-Identifier: GPL-3.0-or-later
// What tests, and others who only look, may see: window.phonebar. Nothing in it can be changed, and nothing is secret.

import type { CallState } from "./call.ts";
import type { Phonebar } from "./phonebar.ts";

export interface State {
  registered: boolean;
  line: Phonebar["line"];
  calls: {
    id: string;
    number: string;
    name: string;
    direction: "incoming" | "outgoing";
    state: CallState;
    held: boolean;
    muted: boolean;
    recording: boolean;
    silent: boolean;
    video: boolean;
    countdown: number | null;
  }[];
  voicemail: { new: number; old: number };
  queue: { signed_in: boolean; paused: boolean; reason: string } | null;
  unread: number;
  notices: string[];
}

declare global {
  interface Window {
    phonebar: { state(): State; heard(ms: number): Promise<{ packets: number; level: number }> };
  }
}

const LOOK = 100;   // ms

export function outside(bar: Phonebar): void {
  const state = (): State => ({
    registered: bar.line === "registered",
    line: bar.line,
    calls: bar.calls.map(({ id, number, name, direction, state, held, muted, recording, silent, picture }) => ({
      id, number, name, direction, state, held, muted, recording, silent, video: picture !== null, countdown: bar.countdown.get(id) ?? null,
    })),
    voicemail: { ...bar.waiting },
    queue: bar.session?.queue ? { signed_in: bar.session.queue.signed_in, paused: bar.session.queue.paused, reason: bar.session.queue.reason } : null,
    unread: bar.unread,
    notices: bar.notices.map((notice) => notice.text),
  });

  /** What comes in for so long, in the call that is talked in: packets, and the highest level (0 to 1). */
  const heard = async (ms: number) => {
    const call = bar.calls.find((each) => each.established && !each.held) ?? bar.calls.find((each) => each.established);
    if (!call) return { packets: 0, level: 0 };
    const before = (await call.inbound()).packets;
    const end = performance.now() + ms;
    let level = 0;
    do {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      level = Math.max(level, (await call.inbound()).level);
    } while (performance.now() < end);
    return { packets: (await call.inbound()).packets - before, level };
  };

  Object.defineProperty(window, "phonebar", { value: Object.freeze({ state, heard }) });
}
