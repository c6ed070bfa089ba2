// SPDX-License-Identifier: GPL-3.0-or-later

import type { Phonebar } from "../phonebar.ts";
import { t } from "../texts.ts";
import { Button } from "./button.tsx";
import { Pad } from "./pad.tsx";

export const NUMBER_FIELD = "number";

export function Keypad({ bar }: { bar: Phonebar }) {
  const set = (value: string) => {
    bar.dialled = value;
    bar.redraw();
  };
  return (
    <section class="panel keypad" aria-label={t("section.keypad")}>
      <form
        class="number"
        onSubmit={(event) => {
          event.preventDefault();
          void bar.dial();
        }}
      >
        <div class="number-line">
          <input
            id={NUMBER_FIELD} type="tel" inputMode="tel" autocomplete="off" spellcheck={false} maxLength={64} aria-label={t("keypad.number")}
            placeholder={t("keypad.placeholder")} value={bar.dialled} onInput={(event) => set(event.currentTarget.value)}
          />
          {bar.dialled !== "" && <Button icon="backspace" label={t("keypad.delete")} bare onClick={() => set(bar.dialled.slice(0, -1))} />}
        </div>
        <Pad label={t("section.keypad")} onKey={(key) => bar.type(key)} />
        <div class="row">
          <Button type="submit" icon="call" label={t("call")} kind="go wide" disabled={bar.dialled.trim() === ""} />
          {bar.session?.settings.video && (
            <Button icon="video" label={t("call.video")} bare disabled={bar.dialled.trim() === ""} onClick={() => void bar.dial(bar.dialled, true)} />
          )}
        </div>
      </form>
    </section>
  );
}
