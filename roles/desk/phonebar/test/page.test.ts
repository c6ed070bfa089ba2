// SPDX-License-Identifier: GPL-3.0-or-later
// The page as a person has it: in a real Chromium, with a desk and a PBX that are just enough.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import { Chromium, missing, pause, until, type Page } from "./chromium.ts";
import { LINES, Stub } from "./stub.ts";

const AXE = "node_modules/axe-core/axe.min.js";

describe("the page", { skip: missing }, () => {
  let chromium: Chromium;
  let stub: Stub;
  let pages: Page[] = [];

  before(() => {
    chromium = new Chromium();
  });
  after(() => chromium.close());
  afterEach(async () => {
    for (const page of pages) await page.close();
    pages = [];
    await stub.stop();
  });

  async function desk(change: (stub: Stub) => void = () => {}): Promise<void> {
    stub = new Stub();
    change(stub);
    await stub.start();
  }

  async function open(user: string, look: Parameters<Chromium["open"]>[1] = {}): Promise<Page> {
    const page = await chromium.open(stub.address(user), look);
    pages.push(page);
    await page.registered();
    return page;
  }

  async function connected(): Promise<[Page, Page]> {
    const [anna, bo] = [await open("anna"), await open("bo", { width: 360, height: 700 })];
    await anna.fill("Number", "1002");
    await anna.press("Call");
    await bo.call("incoming");
    await bo.press("Answer");
    await Promise.all([anna.call("talking"), bo.call("talking")]);
    return [anna, bo];
  }

  const heard = (page: Page, ms = 1500) => page.run<{ packets: number; level: number }>(`phonebar.heard(${ms})`);

  test("is registered within a second, and keeps its secrets", async () => {
    await desk();
    const anna = await open("anna");
    const took = await anna.run<number>("performance.now()");
    assert.ok(took < 2000, `${took} ms, with the looking for it`);
    const [secret = ""] = LINES.map((line) => line.ha1);
    const kept = await anna.run<string>("document.documentElement.outerHTML + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + JSON.stringify(phonebar.state())");
    assert.ok(!kept.includes(secret));
    await until(() => stub.logged.some((line) => line.text.includes("REGISTER")), "logged");
    const logged = JSON.stringify(stub.logged);
    assert.ok(!logged.includes(secret) && !/response=\\?"[0-9a-f]{32}/.test(logged));
  });

  test("two people hear each other, hold, mute and record", async () => {
    await desk();
    const [anna, bo] = await connected();
    for (const page of [anna, bo]) {
      const { packets, level } = await heard(page);
      assert.ok(packets > 40 && level > 0.01, `${packets} packets, level ${level}`);
    }
    assert.equal((await bo.state())?.calls[0]?.name, "Anna Svensson");
    await anna.press("Mute");
    await anna.press("Record");
    await until(async () => (await anna.state())?.calls[0]?.recording, "recording");
    await anna.press("Stop recording");
    await anna.press("Hold");
    await until(async () => (await anna.state())?.calls[0]?.held, "on hold");
    await pause(300);
    assert.ok((await heard(anna, 500)).packets < 5);
    await anna.press("Resume");
    await anna.press("Unmute");
    assert.ok((await heard(anna)).packets > 40);
    await anna.press("Hang up");
    await Promise.all([anna.idle(), bo.idle()]);
    await bo.press("Calls");
    await bo.press("Call Anna Svensson");
    await anna.call("incoming");
    await bo.press("Hang up");
    await until(() => anna.find("button", "Calls, 1 new").then((found) => found || anna.shows("Missed")), "missed");
  });

  test("a keyboard is enough", async () => {
    await desk();
    const [anna, bo] = [await open("anna"), await open("bo")];
    for (const key of ["1", "0", "0", "2", "Enter"]) {
      await anna.key(key);
      await pause(60);
    }
    await bo.call("incoming");
    await pause(100);
    await bo.key("Enter");
    await anna.call("talking");
    await anna.press("Keys");
    await anna.key("5");
    await anna.key("#");
    assert.equal(await anna.run("document.querySelector('output').value"), "5#");
    await anna.key("Escape");
    await until(async () => !(await anna.run("Boolean(document.querySelector('output'))")), "rid of the keys");
    assert.equal(await anna.run("document.querySelector('input[type=tel]').value"), "");
  });

  test("a call is answered by itself after a countdown, unless it is stopped", async () => {
    await desk();
    const [anna, cleo] = [await open("anna"), await open("cleo")];
    await anna.fill("Number", "1003");
    await anna.press("Call");
    assert.equal((await cleo.call("incoming")).countdown, 3);
    await cleo.call("talking");
    await anna.press("Hang up");
    await cleo.idle();
    await anna.fill("Number", "1003");
    await anna.press("Call");
    await cleo.call("incoming");
    await cleo.press("Do not answer by itself");
    await pause(3500);
    assert.equal((await cleo.state())?.calls[0]?.state, "incoming");
  });

  test("what goes wrong is said in clear words", async () => {
    await desk();
    const anna = await open("anna");
    const words: [string, string][] = [
      ["1999", "1999 is not a number that can be reached."], ["1486", "1486 is busy."], ["1488", "no way of encoding sound in common"], ["1403", "was refused"],
      ["1480", "cannot be reached now"], ["1603", "declined"], ["hello", "not a telephone number"],
    ];
    for (const [number, text] of words) {
      await anna.fill("Number", number);
      await anna.press("Call");
      await anna.shows(text);
    }
    for (const [error, text] of [["NotAllowedError", "does not let this page use the microphone"], ["NotFoundError", "No microphone was found"], ["NotReadableError", "Another program"]]) {
      await anna.run(`navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "${error}"))`);
      await anna.fill("Number", "1002");
      await anna.press("Call");
      await anna.shows(text ?? "");
    }
  });

  test("messages are text, whatever is in them, and failures come back to them", async () => {
    await desk();
    const [anna, bo] = [await open("anna"), await open("bo")];
    await anna.press("Messages");
    await anna.fill("Write to", "1002");
    await anna.press("New message");
    await anna.fill("Message", "<img src=x onerror=\"document.title='hacked'\"> 👋");
    await anna.press("Send");
    await bo.press("Messages, 1 new");
    await bo.press("Conversation with Anna Svensson");
    await bo.shows("<img src=x onerror=");
    assert.equal(await bo.run("document.title"), "Phone");
    await bo.fill("Message", "é".repeat(512));
    await bo.shows("Too long: 1024 of 1023 bytes");
    await bo.press("All messages");
    await bo.fill("Write to", "1003");
    await bo.press("New message");
    await bo.fill("Message", "Are you there?");
    await bo.press("Send");
    await bo.shows("Not delivered. Nobody is signed in there.");
  });

  test("comes back by itself, and a call goes on", async () => {
    await desk();
    const [anna, bo] = await connected();
    stub.pbx.deaf = 2;
    stub.away = true;
    stub.pbx.cut();
    await anna.shows("Connection lost");
    await pause(1500);
    stub.away = false;
    await Promise.all([anna.registered(5000), bo.registered(5000)]);
    assert.equal((await anna.state())?.calls[0]?.state, "talking");
    assert.ok((await heard(anna)).packets > 40);
  });

  test("a line that is refused says so, and tries again", async () => {
    await desk((each) => {
      each.pbx.refuses = "403 Forbidden";
    });
    const page = await chromium.open(stub.address("anna"));
    pages.push(page);
    await page.shows("does not accept this line");
  });

  test("a call goes on where its line is refused meanwhile", async () => {
    await desk();
    const [anna] = await connected();
    const before = stub.pbx.seen.length;
    stub.pbx.refuses = "403 Forbidden";
    stub.pbx.cut();
    await anna.shows("does not accept this line");
    await until(() => stub.pbx.seen.slice(before).some((each) => each.method === "INVITE"), "found again by the other side");
    assert.equal((await anna.state())?.calls[0]?.state, "talking");
  });

  test("a line whose secret is another one by now asks for it, and is back at once", async () => {
    await desk();
    const anna = await open("anna");
    stub.lines[0]!.ha1 = "0".repeat(32);
    stub.pbx.cut();
    await anna.shows("Connection lost");
    await anna.registered(5000);
  });

  test("another page of the same person has the line, and gives it back", async () => {
    await desk();
    const first = await open("anna");
    await open("anna", { beside: first });
    await first.shows("Calls ring there");
    await first.press("Use the phone here");
    await first.registered();
  });

  test("a relay that cannot be reached costs less than a second", async () => {
    await desk((each) => {
      each.ice = { servers: [{ urls: ["turn:192.0.2.1:3478"], username: "1:anna", credential: "relay-secret" }], expires: 4102444800 };
    });
    const anna = await open("anna");
    await open("bo");
    const begin = Date.now();
    await anna.fill("Number", "1002");
    await anna.press("Call");
    await until(() => stub.pbx.seen.some((each) => each.method === "INVITE"), "asked for", 5000);
    assert.ok(Date.now() - begin < 1500, `${Date.now() - begin} ms, with the typing`);
    assert.ok(!JSON.stringify(stub.logged).includes("relay-secret"));
  });

  test("queues, pauses and voicemail follow the desk", async () => {
    await desk();
    const anna = await open("anna");
    await anna.run("(() => { const choice = document.querySelector('select'); choice.value = 'pause:lunch'; choice.dispatchEvent(new Event('change', { bubbles: true })); })()");
    await until(() => stub.queue.paused && stub.queue.reason === "lunch", "paused");
    stub.event("queue", { ...stub.queue, paused: false, reason: "" });
    await until(async () => (await anna.state())?.queue?.paused === false, "unpaused");
    stub.mailbox.push({ id: "new-1", from: '"Cleo" <1003>', at: 1790000500, seconds: 3, new: true });
    stub.pbx.tell("anna", "NOTIFY", ["From: <sip:pbx@pbx>;tag=1", "Event: message-summary", "Content-Type: application/simple-message-summary"], "Messages-Waiting: yes\r\nVoice-Message: 2/1 (0/0)\r\n");
    await anna.press("Voicemail, 2 new");
    await anna.press("Play message from Bo Ek");
    await anna.press("Voicemail, 1 new");
    await anna.press("Delete message from Bo Ek");
    await until(() => stub.mailbox.length === 2, "deleted");
  });

  test("what a run changes is there at once, and drops no call", async () => {
    await desk();
    const [anna, bo] = await connected();
    assert.ok(await anna.find("button", "Record"));
    await anna.press("Messages");
    stub.changed({ may_record: false, messages: false });
    await until(async () => !(await anna.find("button", "Record")) && !(await anna.find("button", "Messages")), "without them");
    assert.ok(!(await anna.find("textbox", "Write to")));
    await anna.run("window.same = true");
    stub.names.anna = "anna.new";
    stub.changed({});
    await pause(500);
    assert.ok((await heard(anna)).packets > 40 && (await heard(bo)).packets > 40);
    assert.ok(await anna.run("window.same"));
    await bo.press("Hang up");
    await until(() => anna.run("!window.same").catch(() => false), "a page of the new name");
    await anna.registered();
    assert.ok(await bo.find("button", "Call"));
  });

  test("nothing of the calls stays after sign-out", async () => {
    await desk();
    const anna = await open("anna");
    await anna.fill("Number", "1486");
    await anna.press("Call");
    await anna.shows("is busy");
    assert.match(await anna.run("JSON.stringify(sessionStorage)"), /1486/);
    await anna.press("Sign out");
    await until(async () => (await anna.run("document.title")) === "Sign in", "signed out");
    assert.equal(await anna.run("JSON.stringify(sessionStorage)"), "{}");
  });

  test("every view is for everybody: names, contrast and width, light and dark", async () => {
    await desk((each) => {
      each.settings = { video: true };
    });
    const [anna, bo] = await connected();
    const axe = readFileSync(AXE, "utf8");
    const shots = process.env.SCREENSHOTS;
    const check = async (what: string) => {
      for (const look of [{ width: 360, height: 700, dark: false }, { width: 360, height: 700, dark: true }, { width: 1280, dark: false }, { width: 1280, dark: true }]) {
        await anna.look(look);
        await pause(250);
        if (shots) await anna.screenshot(`${shots}/${what}-${look.width}-${look.dark ? "dark" : "light"}.png`);
        const { wide, found } = await anna.run<{ wide: number; found: string[] }>(`${axe};
          axe.run({ resultTypes: ["violations"] }).then(({ violations }) => ({
            wide: document.documentElement.scrollWidth - innerWidth,
            found: violations.filter((each) => ["serious", "critical"].includes(each.impact)).map((each) => each.id + ": " + each.nodes.map((node) => node.target + " " + node.failureSummary).join("; ")),
          }))`);
        assert.deepEqual(found, [], `${what} ${JSON.stringify(look)}`);
        assert.ok(wide <= 0, `${what} is ${wide} pixels too wide for ${look.width}`);
      }
    };
    await anna.press("Keys");
    await check("call");
    await anna.press("Transfer");
    await check("transfer");
    await bo.press("Hang up");
    await anna.idle();
    await anna.fill("Number", "1999");
    await anna.press("Call");
    await anna.shows("not a number");
    await check("history");
    await anna.press("Messages");
    await anna.fill("Write to", "1002");
    await anna.press("New message");
    await anna.fill("Message", "A word, and a verylongwordthatdoesnotfitontoanylineofasmalltelephoneatallandgoeson");
    await anna.press("Send");
    await anna.fill("Message", "é".repeat(512));
    await check("messages");
    await anna.press("All messages");
    await check("conversations");
    await anna.press("Voicemail, 1 new");
    await anna.press("Play message from Bo Ek");
    await check("voicemail");
    await anna.press("Settings");
    await anna.press("Test microphone");
    await check("settings");
    await bo.press("Keypad");
    await bo.fill("Number", "1001");
    await bo.press("Call");
    await anna.call("incoming");
    await check("incoming");
  });
});
