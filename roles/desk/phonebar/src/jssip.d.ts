// SPDX-License-Identifier: GPL-3.0-or-later
// What JsSIP has and its own types leave out.

import type { IncomingResponse } from "jssip/lib/SIPMessage";

export interface RequestHandlers {
  onSuccessResponse?(response: IncomingResponse): void;
  onErrorResponse?(response: IncomingResponse): void;
  onTransportError?(): void;
  onRequestTimeout?(): void;
}

declare module "jssip/lib/RTCSession" {
  interface RTCSession {
    sendRequest(method: string, options: { extraHeaders?: string[]; eventHandlers?: RequestHandlers }): void;
  }
}

declare module "jssip/lib/Registrator" {
  interface Registrator {
    onTransportClosed(): void;
  }
}

declare module "jssip/lib/WebSocketInterface" {
  interface WebSocketInterface {
    ondisconnect(error: boolean, code?: number, reason?: string): void;
  }
}
