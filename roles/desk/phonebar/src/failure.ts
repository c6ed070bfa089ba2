// SPDX-License-Identifier: GPL-3.0-or-later
// Clear words for every failure: which text says what went wrong.

import type { TextKey } from "./texts.ts";

/** Something went wrong, and this text says so. */
export class Failure extends Error {
  constructor(readonly key: TextKey) {
    super(key);
  }
}

const BY_STATUS: Record<number, TextKey> = {
  401: "failed.refused", 403: "failed.refused", 404: "failed.no_such_number", 407: "failed.refused", 408: "failed.unreachable",
  410: "failed.no_such_number", 415: "failed.codec", 480: "failed.not_answering", 484: "failed.no_such_number", 486: "failed.busy",
  487: "failed.no_answer", 488: "failed.codec", 500: "failed.server", 502: "failed.server", 503: "failed.server", 504: "failed.unreachable",
  600: "failed.busy", 603: "failed.declined", 604: "failed.no_such_number", 606: "failed.codec",
};

// "Canceled" is JsSIP's word when a call that still rings loses its connection; who hangs up is asked before.
const BY_CAUSE: Record<string, TextKey> = {
  Canceled: "failed.connection",
  "Connection Error": "failed.connection", "Request Timeout": "failed.unreachable", "Incompatible SDP": "failed.codec",
  "Missing SDP": "failed.codec", "Bad Media Description": "failed.codec", "WebRTC Error": "failed.media", "RTP Timeout": "failed.media_lost",
  "Dialog Error": "failed.connection", "No ACK": "failed.connection", "User Denied Media Access": "failed.microphone_blocked",
};

/** Why a call was not connected, or ended in another way than by hanging up. */
export function callFailure(status: number | undefined, cause: string): TextKey {
  return (status !== undefined && BY_STATUS[status]) || BY_CAUSE[cause] || "failed.other";
}

/** Why there is no microphone (or camera): what getUserMedia refused with. */
export function deviceFailure(error: unknown): TextKey {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "failed.microphone_blocked";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "failed.no_microphone";
  if (name === "NotReadableError" || name === "AbortError") return "failed.microphone_in_use";
  return "failed.no_microphone";
}

/** Why the desk did not do it: the keys it answers with. */
export function deskFailure(key: string): TextKey {
  if (key === "too_many") return "failed.too_many";
  if (key === "unready" || key === "unreachable") return "failed.desk";
  return "failed.desk_refused";
}

const UNDELIVERED: [RegExp, TextKey][] = [
  [/no such number/, "undelivered.no_such_number"],
  [/takes no messages/, "undelivered.takes_none"],
  [/longer than/, "undelivered.too_long"],
  [/nobody is signed in/, "undelivered.offline"],
];

/** What Asterisk writes to the sender of a message that it could not deliver. */
export function undelivered(text: string): { number: string; key: TextKey } | null {
  const found = /^Your message to (\S+) was not delivered: (.*)$/.exec(text.trim());
  if (!found) return null;
  const [, number = "", why = ""] = found;
  return { number, key: UNDELIVERED.find(([pattern]) => pattern.test(why))?.[1] ?? "undelivered.other" };
}
