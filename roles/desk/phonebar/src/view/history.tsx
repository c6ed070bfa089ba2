// SPDX-License-Identifier: GPL-3.0-or-later

import type { PastCall } from "../memory.ts";
import type { Phonebar } from "../phonebar.ts";
import { duration, moment, t } from "../texts.ts";
import { Button } from "./button.tsx";
import { whoIs } from "./calls.tsx";
import { Icon } from "./icon.tsx";

const how = (call: PastCall) => t(call.missed ? "history.missed" : call.direction === "incoming" ? "history.incoming" : "history.outgoing");

export function History({ bar }: { bar: Phonebar }) {
  const calls = bar.history.entries;
  return (
    <section class="panel" aria-label={t("section.history")}>
      {calls.length === 0 && <p class="hint empty">{t("history.none")}</p>}
      <ul class="list">
        {calls.map((call) => (
          <li key={call.id} class={call.missed ? "missed" : ""}>
            <Icon name={call.direction} />
            <div class="who">
              <p>{whoIs(call)}</p>
              <p class="hint">{[how(call), call.name && call.number, moment(call.at), call.seconds > 0 && duration(call.seconds)].filter(Boolean).join(" · ")}</p>
            </div>
            {bar.session?.settings.messages && <Button icon="messages" label={t("history.write", { who: whoIs(call) })} bare kind="plain" onClick={() => bar.open(call.number)} />}
            <Button icon="call" label={t("history.call", { who: whoIs(call) })} bare kind="plain" onClick={() => void bar.dial(call.number)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
