// SPDX-License-Identifier: GPL-3.0-or-later
// A real Chromium, spoken to in its own protocol over a pair of pipes. A page is used as a person uses it: by role and name.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const BROWSER = process.env.CHROMIUM ?? "chromium";
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-dev-shm-usage", "--disable-extensions", "--remote-debugging-pipe", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
];

/** Why these tests cannot run here, or false. */
export const missing: string | false = spawnSync(BROWSER, ["--version"]).status === 0 ? false : `there is no ${BROWSER}`;

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something is there. */
export async function until<Value>(look: () => Promise<Value> | Value, what: string, ms = 8000): Promise<NonNullable<Value>> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not ${what} within ${ms} ms`);
    await pause(50);
  }
}

interface Answer {
  id: number;
  result?: Record<string, unknown>;
  error?: { message: string };
}

export class Chromium {
  private process: ChildProcess;
  private folder = mkdtempSync(join(tmpdir(), "phonebar-"));
  private waiting = new Map<number, (answer: Answer) => void>();
  private count = 0;

  constructor() {
    this.process = spawn(BROWSER, [...FLAGS, `--user-data-dir=${this.folder}`], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    let rest = "";
    (this.process.stdio[4] as Readable).setEncoding("utf8").on("data", (data: string) => {
      const messages = (rest + data).split("\0");
      rest = messages.pop() ?? "";
      for (const message of messages.map((text) => JSON.parse(text) as Answer)) {
        this.waiting.get(message.id)?.(message);
        this.waiting.delete(message.id);
      }
    });
  }

  ask(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = (this.count += 1);
    (this.process.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${method}: no answer`)), 20_000);
      this.waiting.set(id, ({ result, error }) => {
        clearTimeout(late);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
    });
  }

  /** In a profile of its own, or beside another page in that one's. */
  async open(url: string, { width = 1280, height = 800, dark = false, beside = null as Page | null } = {}): Promise<Page> {
    const context = beside?.context ?? ((await this.ask("Target.createBrowserContext")).browserContextId as string);
    const { targetId } = await this.ask("Target.createTarget", { url: "about:blank", browserContextId: context });
    const { sessionId } = await this.ask("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, targetId as string, sessionId as string, context);
    for (const domain of ["Page", "DOM", "Accessibility", "Runtime"]) await page.ask(`${domain}.enable`);
    await page.look({ width, height, dark });
    await page.ask("Page.navigate", { url });
    return page;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await gone;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

export class Page {
  constructor(private browser: Chromium, private target: string, private session: string, readonly context: string) {}

  ask(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.browser.ask(method, params, this.session);
  }

  async look({ width = 1280, height = 800, dark = false }): Promise<void> {
    await this.ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 500 });
    await this.ask("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
  }

  /** The value of a script, waited for when it is a promise. */
  async run<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = (await this.ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })) as {
      result: { value: Value }; exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  state(): Promise<ReturnType<Window["phonebar"]["state"]> | null> {
    return this.run("typeof phonebar === 'object' ? phonebar.state() : null");
  }

  registered(ms?: number): Promise<unknown> {
    return until(async () => (await this.state())?.registered, "registered", ms);
  }

  /** The first call, once it is in this state. */
  call(state: string, ms?: number) {
    return until(async () => (await this.state())?.calls.find((call) => call.state === state), `in a call that is ${state}`, ms);
  }

  idle(): Promise<unknown> {
    return until(async () => (await this.state())?.calls.length === 0, "out of all calls");
  }

  shows(text: string): Promise<unknown> {
    return until(async () => (await this.run<string>("document.body?.innerText ?? ''")).includes(text), `showing ${JSON.stringify(text)}`);
  }

  async find(role: string, name: string): Promise<number | undefined> {
    const { root } = (await this.ask("DOM.getDocument", { depth: 0 })) as { root: { nodeId: number } };
    const { nodes } = (await this.ask("Accessibility.queryAXTree", { nodeId: root.nodeId, role, accessibleName: name })) as {
      nodes: { ignored: boolean; backendDOMNodeId?: number }[];
    };
    return nodes.find((node) => !node.ignored)?.backendDOMNodeId;
  }

  /** A page that lies behind another one answers neither mouse nor questions. */
  private async front(): Promise<void> {
    await this.ask("Page.bringToFront");
  }

  /** With the mouse, in its middle. */
  async press(name: string, role = "button"): Promise<void> {
    await this.front();
    const node = await until(() => this.find(role, name), `showing a ${role} ${JSON.stringify(name)}`);
    await this.ask("DOM.scrollIntoViewIfNeeded", { backendNodeId: node });
    const { quads } = (await this.ask("DOM.getContentQuads", { backendNodeId: node })) as { quads: number[][] };
    const [quad = []] = quads;
    const middle = (offset: number) => [0, 2, 4, 6].reduce((sum, index) => sum + (quad[index + offset] ?? 0), 0) / 4;
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.ask("Input.dispatchMouseEvent", { type, x: middle(0), y: middle(1), button: "left", clickCount: 1 });
    }
  }

  async fill(name: string, text: string): Promise<void> {
    await this.front();
    const node = await until(() => this.find("textbox", name), `showing a field ${JSON.stringify(name)}`);
    await this.ask("DOM.focus", { backendNodeId: node });
    await this.run("document.activeElement.select()");
    await this.ask("Input.insertText", { text });
  }

  async key(key: string): Promise<void> {
    await this.front();
    const text = { Enter: "\r" }[key] ?? (key.length === 1 ? key : "");
    const code = { Enter: 13, Escape: 27, Tab: 9 }[key] ?? key.charCodeAt(0);
    await this.ask("Input.dispatchKeyEvent", { type: "keyDown", key, text, windowsVirtualKeyCode: code });
    await this.ask("Input.dispatchKeyEvent", { type: "keyUp", key, windowsVirtualKeyCode: code });
  }

  async screenshot(path: string): Promise<void> {
    const { data } = await this.ask("Page.captureScreenshot", { format: "png" });
    writeFileSync(path, Buffer.from(data as string, "base64"));
  }

  async close(): Promise<void> {
    await this.browser.ask("Target.closeTarget", { targetId: this.target });
  }
}
