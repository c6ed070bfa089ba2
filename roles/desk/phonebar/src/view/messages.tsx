// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useRef, useState } from "preact/hooks";
import type { PastMessage } from "../memory.ts";
import { dialable, fits, messageBytes } from "../limits.ts";
import type { Phonebar } from "../phonebar.ts";
import { moment, t } from "../texts.ts";
import { Button } from "./button.tsx";

const NEARLY_FULL = 800;    // bytes; before that nobody wants to know

export function Messages({ bar }: { bar: Phonebar }) {
  return (
    <section class="panel messages" aria-label={t("section.messages")}>
      {bar.conversation === null ? <Conversations bar={bar} /> : <Conversation bar={bar} number={bar.conversation} />}
    </section>
  );
}

function Conversations({ bar }: { bar: Phonebar }) {
  const [number, setNumber] = useState("");
  const latest = new Map<string, PastMessage>();
  for (const message of bar.messages.entries) if (!latest.has(message.number)) latest.set(message.number, message);
  return (
    <>
      <form
        class="row end"
        onSubmit={(event) => {
          event.preventDefault();
          if (dialable(number)) bar.open(dialable(number));
        }}
      >
        <label class="field">
          <span>{t("messages.to")}</span>
          <input type="tel" autocomplete="off" maxLength={64} value={number} onInput={(event) => setNumber(event.currentTarget.value)} />
        </label>
        <Button type="submit" label={t("messages.new")} disabled={dialable(number) === ""} />
      </form>
      {latest.size === 0 && <p class="hint empty">{t("messages.none")}</p>}
      <ul class="list">
        {[...latest.values()].map((message) => {
          const who = bar.nameOf(message.number) || message.number;
          const unread = bar.messages.entries.some((each) => each.number === message.number && each.state === "unread");
          return (
            <li key={message.number} class={unread ? "entry unread" : "entry"}>
              <div class="who">
                <button type="button" aria-label={t("messages.open", { who })} onClick={() => bar.open(message.number)}>{who}</button>
                <p class="hint cut">{message.text}</p>
              </div>
              <p class="hint">{moment(message.at)}</p>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Conversation({ bar, number }: { bar: Phonebar; number: string }) {
  const [text, setText] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const messages = bar.messages.entries.filter((message) => message.number === number).reverse();
  const who = bar.nameOf(number) || number;
  const bytes = messageBytes(text);
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [messages.length]);
  const send = () => {
    if (text.trim() === "" || !fits(text)) return;
    void bar.write(number, text);
    setText("");
  };
  return (
    <>
      <div class="row">
        <Button icon="back" label={t("messages.back")} bare kind="plain" onClick={() => bar.open(null)} />
        <h2>{who}</h2>
      </div>
      <div class="talk" role="log" aria-label={t("messages.open", { who })} tabIndex={0}>
        <ul>
          {messages.map((message) => (
            <li key={message.id} class={message.from}>
              <p class="bubble">{message.text}</p>
              <p class={message.state === "failed" ? "error" : "hint"}>{[moment(message.at), state(message)].filter(Boolean).join(" · ")}</p>
            </li>
          ))}
        </ul>
        <div ref={end} />
      </div>
      <form
        class="write"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <textarea
          rows={2} aria-label={t("messages.text")} value={text} aria-invalid={!fits(text)} onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <Button type="submit" icon="send" label={t("messages.send")} kind="primary" disabled={text.trim() === "" || !fits(text)} />
      </form>
      {!fits(text) ? <p class="error" role="alert">{t("messages.too_long", { bytes })}</p> : bytes > NEARLY_FULL && <p class="hint">{t("messages.bytes", { bytes })}</p>}
    </>
  );
}

function state(message: PastMessage): string {
  if (message.from === "them") return "";
  if (message.state === "failed") return t("messages.failed", { why: t(message.failure ?? "undelivered.other") });
  return t(message.state === "sending" ? "messages.sending" : "messages.sent");
}
