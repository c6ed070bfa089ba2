// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the registrar who has the line: a REGISTER without a contact changes nothing, its answer lists those there are (RFC 3261, 10.2.3).

import { URI, type UA } from "jssip";
// @ts-expect-error JsSIP has no types for its own insides
import RequestSender from "jssip/lib/RequestSender";
import { OutgoingRequest, type IncomingResponse } from "jssip/lib/SIPMessage";

type Request = new (method: string, uri: URI, ua: UA, params: { to_uri: URI }, headers: string[]) => OutgoingRequest;

/** The contacts of a line, none where it is refused; null when it could not be asked. */
export function contacts(ua: UA, user: string, domain: string): Promise<string[] | null> {
  return new Promise((resolve) => {
    const request = new (OutgoingRequest as unknown as Request)("REGISTER", URI.parse(`sip:${domain}`)!, ua, { to_uri: URI.parse(`sip:${user}@${domain}`)! }, []);
    new RequestSender(ua, request, {
      onReceiveResponse: (response: IncomingResponse) => {
        if (response.status_code === 200) resolve(response.getHeaders("Contact"));
        else if (response.status_code > 200) resolve(response.status_code < 500 ? [] : null);
      },
      onTransportError: () => resolve(null),
    }).send();
  });
}
