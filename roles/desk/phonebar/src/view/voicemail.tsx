// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useRef, useState } from "preact/hooks";
import type { Recorded } from "../desk.ts";
import { sink } from "../devices.ts";
import type { Phonebar } from "../phonebar.ts";
import { duration, moment, t } from "../texts.ts";
import { Button } from "./button.tsx";
import { whoIs } from "./calls.tsx";

export function Voicemail({ bar }: { bar: Phonebar }) {
  const [playing, setPlaying] = useState<string | null>(null);
  return (
    <section class="panel" aria-label={t("section.voicemail")}>
      {bar.recorded === null && <p class="hint empty">{t("voicemail.unknown")}</p>}
      {bar.recorded?.length === 0 && <p class="hint empty">{t("voicemail.none")}</p>}
      <ul class="list">
        {(bar.recorded ?? []).map((message) => (
          <Message key={message.id} bar={bar} message={message} playing={playing === message.id} onPlay={() => setPlaying(playing === message.id ? null : message.id)} />
        ))}
      </ul>
    </section>
  );
}

function Message({ bar, message, playing, onPlay }: { bar: Phonebar; message: Recorded; playing: boolean; onPlay: () => void }) {
  const from = caller(message.from);
  const who = whoIs(from);
  return (
    <li class={message.new ? "unread wrap" : "wrap"}>
      <Button icon={playing ? "stop" : "play"} label={t(playing ? "voicemail.stop" : "voicemail.play", { who })} bare onClick={onPlay} />
      <div class="who">
        <p>{who}</p>
        <p class="hint">{[message.new && t("voicemail.new"), from.name && from.number, moment(message.at * 1000), duration(message.seconds)].filter(Boolean).join(" · ")}</p>
      </div>
      {from.number !== "" && <Button icon="call" label={t("history.call", { who })} bare kind="plain" onClick={() => void bar.dial(from.number)} />}
      {message.new && <Button icon="check" label={t("voicemail.heard", { who })} bare kind="plain" onClick={() => void bar.changeRecorded(message.id, "heard")} />}
      <Button icon="remove" label={t("voicemail.delete", { who })} bare kind="plain" onClick={() => void bar.changeRecorded(message.id, "delete")} />
      {playing && <Player bar={bar} message={message} who={who} />}
    </li>
  );
}

/** Of "Anna Svensson" <1001>, with or without quotes, name and number. */
function caller(from: string): { name: string; number: string } {
  const found = /^\s*"?(.*?)"?\s*<([^>]*)>\s*$/.exec(from);
  return found ? { name: found[1] ?? "", number: found[2] ?? "" } : { name: "", number: from };
}

function Player({ bar, message, who }: { bar: Phonebar; message: Recorded; who: string }) {
  const element = useRef<HTMLAudioElement>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const audio = element.current;
    if (!audio) return;
    void sink(audio, bar.devices.chosen.speaker).then(() => audio.play()).catch(() => {});
  }, []);
  if (failed) return <p class="error" role="alert">{t("voicemail.failed")}</p>;
  return (
    <audio
      ref={element} controls src={`/api/voicemail/${encodeURIComponent(message.id)}`} aria-label={t("voicemail.player", { who })}
      onError={() => setFailed(true)} onEnded={() => message.new && void bar.changeRecorded(message.id, "heard")}
    />
  );
}
