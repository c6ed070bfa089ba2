// SPDX-License-Identifier: GPL-3.0-or-later

declare module "jssip/lib/RequestSender" {
  import type { IncomingResponse } from "jssip/lib/SIPMessage";

  /** Sends a request, and again with credentials when they are asked for. */
  export default class RequestSender {
    constructor(ua: unknown, request: unknown, handlers: { onReceiveResponse(response: IncomingResponse): void; onTransportError(): void });
    send(): void;
  }
}
