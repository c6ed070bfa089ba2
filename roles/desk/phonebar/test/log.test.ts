// SPDX-License-Identifier: GPL-3.0-or-later

import assert from "node:assert/strict";
import { test } from "node:test";
import { Log, redact, type Line } from "../src/log.ts";

const REGISTER = [
  "REGISTER sip:pbx.example.org SIP/2.0", "From: <sip:anna@pbx.example.org>;tag=1",
  'Authorization: Digest username="anna", realm="switchboard", nonce="0123", response="d41d8cd98f00b204e9800998ecf8427e"', "Content-Length: 0", "", "",
].join("\r\n");

const INVITE = [
  "INVITE sip:1002@pbx.example.org SIP/2.0", "Content-Type: application/sdp", "", "v=0", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789abcdef",
  "a=fingerprint:sha-256 AA:BB:CC", "a=candidate:1 1 udp 1 192.0.2.1 4000 typ host", "a=rtpmap:111 opus/48000/2", "",
].join("\r\n");

test("credentials, keys and what people wrote are left out of a log", () => {
  const register = redact(REGISTER);
  assert.match(register, /Authorization: \(left out\)/);
  assert.doesNotMatch(register, /d41d8cd9|nonce/);
  assert.match(register, /From: <sip:anna/);
  const invite = redact(INVITE);
  assert.doesNotMatch(invite, /0123456789abcdef|AA:BB|abcd|192\.0\.2\.1/);
  assert.match(invite, /opus/);
  assert.doesNotMatch(redact("received text message:\n\nMESSAGE sip:anna@x SIP/2.0\r\nFrom: <sip:1002@x>\r\n\r\nmy secret plan"), /secret plan/);
  assert.doesNotMatch(redact('{"credential":"wolf","ha1": "fox"}'), /wolf|fox/);
  assert.equal(redact("it is hidden here", ["hidden"]), "it is (left out) here");
});

function watched(answer: (lines: Line[]) => Promise<void> = () => Promise.resolve()) {
  const sent: Line[][] = [];
  const log = new Log((lines) => {
    sent.push(lines);
    return answer(lines);
  });
  return { log, sent };
}

test("only the wanted levels are kept", async () => {
  const { log, sent } = watched();
  log.error("before it was asked for");
  log.configure("warning", []);
  log.error("one");
  log.warning("two");
  log.info("three");
  log.debug("four");
  await log.flush();
  assert.deepEqual(sent.flat().map((line) => line.text), ["one", "two"]);
});

test("a batch is at most 16 kB, the rest waits", async () => {
  const { log, sent } = watched();
  log.configure("debug", []);
  for (let count = 0; count < 40; count += 1) log.info("ö".repeat(1000));
  while (sent.flat().length < 40) await log.flush();
  for (const batch of sent) assert.ok(Buffer.byteLength(JSON.stringify({ lines: batch })) <= 16 * 1024);
  assert.ok(sent.length > 4);
  await log.flush();
});

test("the oldest are dropped when too many wait, and that is said", async () => {
  const { log, sent } = watched();
  log.configure("info", []);
  for (let count = 0; count < 700; count += 1) log.info(`line ${count}`);
  for (let count = 0; count < 10; count += 1) await log.flush();
  const texts = sent.flat().map((line) => line.text);
  assert.match(texts[0] ?? "", /^200 lines were dropped/);
  assert.equal(texts[1], "line 200");
  assert.equal(texts.at(-1), "line 699");
});

test("a desk that is away loses nothing", async () => {
  let away = true;
  const { log, sent } = watched(() => (away ? Promise.reject(new Error("away")) : Promise.resolve()));
  log.configure("info", []);
  log.info("kept");
  await log.flush();
  away = false;
  await log.flush();
  assert.deepEqual(sent.map((lines) => lines.map((line) => line.text)), [["kept"], ["kept"]]);
});
