// SPDX-License-Identifier: GPL-3.0-or-later
// As much of a web socket's server side (RFC 6455) as the tests' PBX needs: text, in one frame each.

import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const TEXT = 1;
const CLOSE = 8;

export class Connection {
  onmessage: (text: string) => void = () => {};
  onclose: () => void = () => {};
  private rest = Buffer.alloc(0);

  constructor(request: IncomingMessage, private socket: Duplex) {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`, "Sec-WebSocket-Protocol: sip", "", ""].join("\r\n"));
    socket.on("data", (data: Buffer) => this.read(data));
    socket.on("close", () => this.onclose());
    socket.on("error", () => {});
  }

  send(text: string): void {
    const data = Buffer.from(text);
    const head = data.length < 126 ? Buffer.from([0x80 | TEXT, data.length]) : Buffer.from([0x80 | TEXT, 126, data.length >> 8, data.length & 255]);
    if (!this.socket.destroyed) this.socket.write(Buffer.concat([head, data]));
  }

  /** As when the server is killed. */
  cut(): void {
    this.socket.destroy();
  }

  private read(data: Buffer): void {
    this.rest = Buffer.concat([this.rest, data]);
    while (this.rest.length >= 6) {
      const short = (this.rest[1] ?? 0) & 127;
      const [length, at] = short === 126 ? [this.rest.readUInt16BE(2), 4] : [short, 2];
      if (this.rest.length < at + 4 + length) return;
      const mask = this.rest.subarray(at, at + 4);
      const body = Buffer.from(this.rest.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ (mask[index & 3] ?? 0)));
      const kind = (this.rest[0] ?? 0) & 15;
      this.rest = this.rest.subarray(at + 4 + length);
      if (kind === TEXT) this.onmessage(body.toString());
      else if (kind === CLOSE) this.socket.end();
    }
  }
}
