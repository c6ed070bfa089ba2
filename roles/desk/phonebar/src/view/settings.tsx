// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useState } from "preact/hooks";
import { meter, type Kind } from "../devices.ts";
import { Failure } from "../failure.ts";
import type { Phonebar } from "../phonebar.ts";
import { t } from "../texts.ts";
import { Button } from "./button.tsx";

export function Settings({ bar }: { bar: Phonebar }) {
  const { on, delay } = bar.autoAnswer;
  const settings = bar.session?.settings;
  return (
    <section class="panel settings" aria-label={t("section.settings")}>
      {settings?.may_change_settings && (
        <>
          <h2>{t("settings.devices")}</h2>
          <Device bar={bar} kind="microphone" />
          <Level bar={bar} />
          <Device bar={bar} kind="speaker" />
          <Device bar={bar} kind="ringer" />
          <Button label={t("settings.probe")} onClick={() => bar.sound.probe("speaker")} />
          {settings.video && <Device bar={bar} kind="camera" />}
          <h2>{t("settings.answering")}</h2>
          <label class="check">
            <input type="checkbox" checked={on} onChange={(event) => bar.setAutoAnswer({ on: event.currentTarget.checked, delay })} />
            <span>{t("settings.auto_answer")}</span>
          </label>
          {on && (
            <label class="field">
              <span>{t("settings.delay")}</span>
              <input
                type="number" min={0} max={60} value={delay}
                onChange={(event) => bar.setAutoAnswer({ on, delay: Math.min(60, Math.max(0, Number(event.currentTarget.value) || 0)) })}
              />
            </label>
          )}
        </>
      )}
      <h2>{t("settings.account")}</h2>
      <p><a href="/password">{t("settings.password")}</a></p>
    </section>
  );
}

function Device({ bar, kind }: { bar: Phonebar; kind: Kind }) {
  return (
    <label class="field">
      <span>{t(`settings.${kind}`)}</span>
      <select value={bar.devices.chosen[kind]} onChange={(event) => bar.choose(kind, event.currentTarget.value)}>
        <option value="">{t("settings.default")}</option>
        {bar.devices.list(kind).map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>{device.label || t("settings.device", { number: index + 1 })}</option>
        ))}
      </select>
    </label>
  );
}

/** Shows what the chosen microphone hears, while it is asked to. */
function Level({ bar }: { bar: Phonebar }) {
  const [on, setOn] = useState(false);
  const [level, setLevel] = useState(0);
  const microphone = bar.devices.chosen.microphone;
  useEffect(() => {
    if (!on) return;
    let stop = () => {};
    let gone = false;
    bar.devices.open().then(
      (stream) => {
        const unmeter = meter(stream, setLevel);
        stop = () => {
          unmeter();
          stream.getTracks().forEach((track) => track.stop());
        };
        if (gone) stop();
      },
      (error: unknown) => {
        setOn(false);
        bar.say(error instanceof Failure ? error.key : "failed.no_microphone");
      },
    );
    return () => {
      gone = true;
      stop();
      setLevel(0);
    };
  }, [on, microphone]);
  return (
    <div class="row">
      <Button label={t(on ? "settings.level.stop" : "settings.level.start")} onClick={() => setOn(!on)} />
      <meter min={0} max={1} value={level} aria-label={t("settings.level")} />
    </div>
  );
}
