// SPDX-License-Identifier: GPL-3.0-or-later
// When to stop looking for ways to the other side. All of the computer's own addresses are known at once; a server that does not
// answer would be waited for up to 40 seconds, and the call with it.

import type { IceCandidateEvent } from "jssip/lib/RTCSession";

const OWN = 100;        // ms after the last candidate, where no server is to be asked
const AFTER_WANTED = 50;
const PATIENCE = 600;   // ms after the first candidate, for a server that may not answer

const urls = (servers: RTCIceServer[]) => servers.flatMap((server) => server.urls);

/** A listener for a session's candidates that calls the looking off. */
export function enough(servers: RTCIceServer[], now: () => number = Date.now): (event: IceCandidateEvent) => void {
  const wanted = urls(servers).some((url) => url.startsWith("turn")) ? "relay" : "srflx";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first = 0;
  let found = false;
  return ({ candidate, ready }) => {
    first ||= now();
    found ||= candidate.type === wanted;
    clearTimeout(timer);
    timer = setTimeout(ready, servers.length === 0 ? OWN : found ? AFTER_WANTED : Math.max(0, first + PATIENCE - now()));
  };
}
