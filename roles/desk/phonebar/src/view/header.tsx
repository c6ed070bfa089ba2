// SPDX-License-Identifier: GPL-3.0-or-later

import type { Queue } from "../desk.ts";
import type { Phonebar } from "../phonebar.ts";
import { t } from "../texts.ts";
import { Button } from "./button.tsx";

export function Header({ bar }: { bar: Phonebar }) {
  const session = bar.session;
  if (!session) return null;
  const { person, queue } = session;
  const name = person.alias || person.full_name;
  return (
    <header class="top">
      <div class="person">
        <Avatar name={name} picture={person.avatar} />
        <div class="who">
          <h1>{name}</h1>
          <p class="hint" aria-label={t("person.number", { number: person.number })}>{person.number}</p>
        </div>
        <p class={`line ${bar.line}`} role="status">
          <span class="lamp" aria-hidden="true" />
          {t(`line.${bar.line}`)}
        </p>
      </div>
      <form method="post" action="/sign-out" class="sign-out" onSubmit={() => bar.forget()}>
        <input type="hidden" name="csrf" value={bar.desk.token} />
        <Button type="submit" icon="signOut" label={t("sign_out")} bare kind="plain" />
      </form>
      {queue && <QueueChoice queue={queue} onChoose={(choice) => void bar.setQueue(choice)} />}
    </header>
  );
}

function Avatar({ name, picture }: { name: string; picture: string | null }) {
  if (picture) return <img class="avatar" src={picture} alt="" width={44} height={44} />;
  const initials = name.split(/\s+/).map((part) => [...part][0] ?? "").slice(0, 2).join("");
  return <span class="avatar" aria-hidden="true">{initials.toUpperCase()}</span>;
}

/** One choice for the sign-in and the pause: what somebody is to the queues. */
function QueueChoice({ queue, onChoose }: { queue: Queue; onChoose: (choice: string) => void }) {
  const value = !queue.signed_in ? "out" : queue.paused ? `pause:${queue.reason}` : "available";
  const reasons = [...new Set([...(queue.paused ? [queue.reason] : []), ...queue.reasons, ...(queue.reasons.length === 0 ? [""] : [])])];
  return (
    <label class={`queue ${value.split(":")[0]}`}>
      <span class="hint">{t("queue")}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="available">{t("queue.available")}</option>
        {reasons.map((reason) => (
          <option value={`pause:${reason}`}>{reason ? t("queue.paused_for", { reason }) : t("queue.paused")}</option>
        ))}
        <option value="out">{t("queue.out")}</option>
      </select>
    </label>
  );
}
