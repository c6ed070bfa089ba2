// SPDX-License-Identifier: GPL-3.0-or-later
// The web socket that SIP goes over.

import { WebSocketInterface } from "jssip";

const JITTER = 700;     // ms; pages come back one after another, not all at once

export class Socket extends WebSocketInterface {
  private connected = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override connect(): void {
    clearTimeout(this.timer);
    if (this.connected) this.timer = setTimeout(() => super.connect(), Math.random() * JITTER);
    else super.connect();
    this.connected = true;
  }

  override disconnect(): void {
    clearTimeout(this.timer);
    super.disconnect();
  }

  /** It looks alive, but nothing comes back: away with it, and JsSIP makes another one. */
  drop(): void {
    const socket = (this as unknown as { _ws: WebSocket | null })._ws;
    if (!socket) return;
    socket.onclose = null;
    socket.close();
    this.ondisconnect(true, 1006, "no answer");
  }
}
