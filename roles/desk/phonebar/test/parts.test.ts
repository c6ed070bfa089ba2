// SPDX-License-Identifier: GPL-3.0-or-later
// The small parts that need no browser.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { IncomingRequest } from "jssip/lib/SIPMessage";
import { answerAfter, identity } from "../src/call.ts";
import { callFailure, undelivered } from "../src/failure.ts";
import { enough } from "../src/ice.ts";
import { Memory } from "../src/memory.ts";
import { dialable, fits, messageBytes } from "../src/limits.ts";
import { duration } from "../src/texts.ts";

const request = (headers: Record<string, string[]>) =>
  ({ hasHeader: (name: string) => name in headers, getHeader: (name: string) => headers[name]?.[0], getHeaders: (name: string) => headers[name] ?? [] }) as unknown as IncomingRequest;

test("a call asks to be answered by itself, in either way that telephones know", () => {
  assert.equal(answerAfter(request({})), null);
  assert.equal(answerAfter(request({ "Call-Info": ["<sip:switchboard.invalid>;answer-after=5"] })), 5);
  assert.equal(answerAfter(request({ "Alert-Info": ["<http://switchboard.invalid>;info=alert-autoanswer;delay=7"] })), 7);
  assert.equal(answerAfter(request({ "Alert-Info": ["<http://switchboard.invalid>;info=alert-autoanswer"] })), 0);
  assert.equal(answerAfter(request({ "Alert-Info": ["<http://switchboard.invalid>;info=alert-internal"] })), null);
});

test("who calls is what the PBX asserts, whatever is written into it", () => {
  const from = (value: string) => identity(request({ "P-Asserted-Identity": [value] }));
  assert.deepEqual(from('"Bo Ek" <sip:1002@pbx>'), { number: "1002", name: "Bo Ek" });
  assert.deepEqual(from("<sip:1002@pbx;user=phone>"), { number: "1002", name: "" });
  assert.deepEqual(from('"Bo \\"the\\" <b>Ek</b>" <sip:+461002@pbx>'), { number: "+461002", name: 'Bo "the" <b>Ek</b>' });
  assert.equal(identity(request({})), null);
});

test("each failure has words of its own", () => {
  assert.equal(callFailure(486, "Busy"), "failed.busy");
  assert.equal(callFailure(488, "Incompatible SDP"), "failed.codec");
  assert.equal(callFailure(404, "Not Found"), "failed.no_such_number");
  assert.equal(callFailure(undefined, "RTP Timeout"), "failed.media_lost");
  assert.equal(callFailure(undefined, "Connection Error"), "failed.connection");
  assert.equal(callFailure(699, "whatever"), "failed.other");
});

test("what Asterisk could not deliver", () => {
  assert.deepEqual(undelivered("Your message to 1002 was not delivered: nobody is signed in there."), { number: "1002", key: "undelivered.offline" });
  assert.deepEqual(undelivered("Your message to 9 was not delivered: there is no such number."), { number: "9", key: "undelivered.no_such_number" });
  assert.deepEqual(undelivered("Your message to 9 was not delivered: of something new."), { number: "9", key: "undelivered.other" });
  assert.equal(undelivered("Hello"), null);
});

test("a message is counted in bytes", () => {
  assert.equal(messageBytes("añ👍"), 7);
  assert.ok(fits("x".repeat(1023)));
  assert.ok(!fits("é".repeat(512)));
});

test("a number is what is left of what people write", () => {
  assert.equal(dialable(" +46 (0)8-123.45/6 "), "+460812345" + "6");
  assert.equal(dialable("*97#"), "*97#");
});

test("how long", () => {
  assert.deepEqual([7, 754, 3723].map(duration), ["0:07", "12:34", "1:02:03"]);
});

test("an unreachable server costs 0.6 s, a candidate of its own ends the waiting", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const run = (servers: RTCIceServer[], candidates: [number, string][]) => {
    const listener = enough(servers);
    let at = -1;
    const begin = Date.now();
    const ready = () => (at = at < 0 ? Date.now() - begin : at);
    for (const [wait, type] of candidates) {
      mock.timers.tick(wait);
      listener({ candidate: { type } as RTCIceCandidate, ready });
    }
    for (let step = 0; step < 500; step += 1) mock.timers.tick(10);
    return at;
  };
  const turn = [{ urls: ["turn:pbx.example.org:3478"] }];
  assert.equal(run([], [[0, "host"], [20, "host"]]), 120);
  assert.equal(run(turn, [[0, "host"], [20, "host"]]), 600);
  assert.equal(run(turn, [[0, "host"], [80, "srflx"], [20, "relay"]]), 150);
  assert.equal(run([{ urls: "stun:pbx.example.org" }], [[0, "host"], [80, "srflx"]]), 130);
  mock.timers.reset();
});

class Store implements Pick<Storage, "getItem" | "setItem" | "removeItem"> {
  values = new Map<string, string>();
  getItem = (key: string) => this.values.get(key) ?? null;
  setItem = (key: string, value: string) => void this.values.set(key, value);
  removeItem = (key: string) => void this.values.delete(key);
}

test("at most 50 entries are remembered, the latest first, and none after sign-out", () => {
  const store = new Store() as unknown as Storage;
  const memory = new Memory<{ id: string }>(store, "calls");
  for (let count = 0; count < 60; count += 1) memory.add({ id: String(count) });
  const again = new Memory<{ id: string }>(store, "calls");
  assert.equal(again.entries.length, 50);
  assert.equal(again.entries[0]?.id, "59");
  again.clear();
  assert.deepEqual(new Memory<{ id: string }>(store, "calls").entries, []);
});

test("a broken memory is an empty one", () => {
  const store = new Store();
  store.setItem("calls", "{");
  assert.deepEqual(new Memory<{ id: string }>(store as unknown as Storage, "calls").entries, []);
});
