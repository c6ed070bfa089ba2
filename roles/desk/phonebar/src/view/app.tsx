// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useState } from "preact/hooks";
import type { Phonebar, Section } from "../phonebar.ts";
import { t } from "../texts.ts";
import { Calls, whoIs } from "./calls.tsx";
import { Header } from "./header.tsx";
import { History } from "./history.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { Keypad, NUMBER_FIELD } from "./keypad.tsx";
import { Messages } from "./messages.tsx";
import { Announcements, Notices } from "./notices.tsx";
import { Settings } from "./settings.tsx";
import { useChanges } from "./use.ts";
import { Voicemail } from "./voicemail.tsx";

const WIDE = "(min-width: 760px)";

export function App({ bar }: { bar: Phonebar }) {
  useChanges(bar);
  useTitle(bar);
  useKeyboard(bar);
  const wide = useWide();
  if (!bar.session) return <p class="loading" role="status">{bar.trouble ? t(bar.trouble) : t("loading")}</p>;
  if (bar.absent) {
    return (
      <div class="page">
        <Header bar={bar} />
        <Notices bar={bar} />
        <main class="desk"><div class="main">{bar.session.settings.voicemail && <Voicemail bar={bar} />}</div></main>
      </div>
    );
  }
  // Beside a keypad that is always there, its own place belongs to the calls.
  const section = wide && bar.section === "keypad" ? "history" : bar.section;
  const sections = <Sections bar={bar} wide={wide} current={section} />;
  return (
    <>
      <Announcements bar={bar} />
      <div class="page">
        <Header bar={bar} />
        <Notices bar={bar} />
        <main class="desk">
          <div class="main">
            <Calls bar={bar} />
            {(wide || section === "keypad") && <Keypad bar={bar} />}
          </div>
          <div class="side">
            {wide && sections}
            {section === "history" && <History bar={bar} />}
            {section === "messages" && <Messages bar={bar} />}
            {section === "voicemail" && <Voicemail bar={bar} />}
            {section === "settings" && <Settings bar={bar} />}
          </div>
        </main>
      </div>
      {!wide && sections}
    </>
  );
}

function Sections({ bar, wide, current }: { bar: Phonebar; wide: boolean; current: Section }) {
  const { messages, voicemail } = bar.session!.settings;
  const all: [Section, IconName, boolean, number][] = [
    ["keypad", "keypad", !wide, 0],
    ["history", "history", true, bar.missed],
    ["messages", "messages", messages, bar.unread],
    ["voicemail", "voicemail", voicemail, bar.waiting.new],
    ["settings", "settings", true, 0],
  ];
  return (
    <nav class="sections" aria-label={t("sections")}>
      {all.filter(([, , shown]) => shown).map(([section, icon, , count]) => {
        const name = t(`section.${section}`);
        return (
          <button
            key={section} type="button" aria-current={section === current ? "page" : undefined} aria-label={count > 0 ? t("section.new", { name, count }) : name}
            onClick={() => bar.show(section)}
          >
            <Icon name={icon} />
            <span>{name}</span>
            {count > 0 && <span class="count" data-count={count} />}
          </button>
        );
      })}
    </nav>
  );
}

function useWide(): boolean {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => {
    const query = matchMedia(WIDE);
    const change = () => setWide(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return wide;
}

/** Who calls is seen in the tab too. */
function useTitle(bar: Phonebar): void {
  const incoming = bar.calls.find((call) => call.state === "incoming");
  const title = incoming ? t("title.incoming", { who: whoIs(incoming) }) : t("title");
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** Digits go to the number wherever one is, Escape stops what would happen by itself, or empties the number. */
function useKeyboard(bar: Phonebar): void {
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      bar.touched();
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      const writing = target.matches("input, textarea, select");
      if (event.key === "Escape") {
        const counting = bar.calls.find((call) => bar.countdown.has(call.id));
        if (counting) bar.stopCountdown(counting);
        else if (bar.dialled !== "") {
          bar.dialled = "";
          bar.redraw();
        }
      } else if (!writing && /^[0-9*#+]$/.test(event.key) && bar.phone) {
        event.preventDefault();
        bar.section = bar.section === "keypad" ? "keypad" : matchMedia(WIDE).matches ? bar.section : "keypad";
        bar.type(event.key);
        requestAnimationFrame(() => document.getElementById(NUMBER_FIELD)?.focus());
      }
    };
    const pointer = () => bar.touched();
    document.addEventListener("keydown", key);
    document.addEventListener("pointerdown", pointer);
    return () => {
      document.removeEventListener("keydown", key);
      document.removeEventListener("pointerdown", pointer);
    };
  }, [bar]);
}
