// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useRef, useState } from "preact/hooks";
import type { Call } from "../call.ts";
import type { Phonebar } from "../phonebar.ts";
import { duration, t } from "../texts.ts";
import { Button } from "./button.tsx";
import { Pad } from "./pad.tsx";
import { useSeconds } from "./use.ts";

export const whoIs = (call: { name: string; number: string }) => call.name || call.number || t("call.unknown");

export function Calls({ bar }: { bar: Phonebar }) {
  if (bar.calls.length === 0) return null;
  return (
    <section class="calls" aria-label={t("calls")}>
      {bar.calls.map((call) => <CallCard key={call.id} bar={bar} call={call} />)}
    </section>
  );
}

function CallCard({ bar, call }: { bar: Phonebar; call: Call }) {
  const [open, setOpen] = useState<"" | "keys" | "transfer">("");
  const [sent, setSent] = useState("");
  const who = whoIs(call);
  const incoming = call.state === "incoming";
  const others = bar.calls.filter((other) => other !== call && other.established);
  const toggle = (what: "keys" | "transfer") => setOpen(open === what ? "" : what);
  const digit = (key: string) => {
    bar.digit(call, key);
    setSent((sent + key).slice(-24));
  };
  // Digits that are typed beside an open pad belong to this call, not to the next one.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || open === "") return;
    if (event.key === "Escape") setOpen("");
    else if (open === "keys" && /^[0-9*#]$/.test(event.key)) digit(event.key);
    else return;
    event.preventDefault();
  };
  return (
    <article class={`call ${call.state} ${call.held ? "held" : ""}`} aria-label={t("call.with", { who })} onKeyDown={onKeyDown}>
      <div class="call-head">
        <div class="who">
          <h2>{who}</h2>
          {call.name !== "" && <p class="hint">{call.number}</p>}
        </div>
        <CallState call={call} />
      </div>
      {call.picture && bar.session?.settings.video && <Pictures call={call} />}
      {call.silent && <p class="error">{t("call.silent")}</p>}
      {incoming && <Incoming bar={bar} call={call} />}
      {!incoming && (
        <div class="row wrap">
          {call.established && !call.ending && (
            <>
              <Button icon={call.held ? "play" : "pause"} label={t(call.held ? "call.resume" : "call.hold")} onClick={() => bar.hold(call)} />
              <Button icon={call.muted ? "muted" : "microphone"} label={t(call.muted ? "call.unmute" : "call.mute")} onClick={() => call.mute(!call.muted)} />
              <Button icon="keypad" label={t("call.keypad")} pressed={open === "keys"} onClick={() => toggle("keys")} />
              <Button icon="transfer" label={t("call.transfer")} pressed={open === "transfer"} onClick={() => toggle("transfer")} />
              {call.local?.getVideoTracks().length === 1 && (
                <Button icon="video" label={t(call.pictureMuted ? "call.camera_on" : "call.camera_off")} onClick={() => call.mutePicture(!call.pictureMuted)} />
              )}
              {bar.session?.settings.may_record && (
                <Button
                  icon={call.recording ? "stop" : "record"} label={t(call.recording ? "call.record_stop" : "call.record")}
                  kind={call.recording ? "recording" : ""} onClick={() => call.record(!call.recording)}
                />
              )}
            </>
          )}
          <Button icon="hangUp" label={t("call.hang_up")} kind="stop" onClick={() => bar.hangUp(call)} />
        </div>
      )}
      {open === "keys" && call.established && (
        <div class="keys">
          <output class="sent">{sent}</output>
          <Pad label={t("call.sound_keys")} small onKey={digit} />
        </div>
      )}
      {open === "transfer" && call.established && <Transfer bar={bar} call={call} others={others} onDone={() => setOpen("")} />}
    </article>
  );
}

function CallState({ call }: { call: Call }) {
  useSeconds();
  const marks = [call.recording && t("call.recording"), call.muted && t("call.muted")].filter(Boolean).join(", ");
  const state = call.ending ? "ending" : call.transferring ? "transferring" : call.held ? "held" : call.state;
  return (
    <div class="call-state">
      <p>{t(`call.state.${state}`)}</p>
      {call.since > 0 && <p class="time" role="timer">{duration((Date.now() - call.since) / 1000)}</p>}
      {marks && <p class="mark">{marks}</p>}
    </div>
  );
}

function Incoming({ bar, call }: { bar: Phonebar; call: Call }) {
  const actions = useRef<HTMLDivElement>(null);
  // Enter answers, unless somebody is in the middle of something.
  useEffect(() => {
    if (document.activeElement === document.body) actions.current?.querySelector("button")?.focus();
  }, []);
  const seconds = bar.countdown.get(call.id);
  return (
    <>
      {seconds !== undefined && (
        <div class="countdown">
          <p role="timer">{t("call.countdown", { seconds })}</p>
          <Button label={t("call.countdown.stop")} kind="plain" onClick={() => bar.stopCountdown(call)} />
        </div>
      )}
      <div class="row" ref={actions}>
        <Button icon="call" label={t("call.answer")} kind="go wide" onClick={() => bar.answer(call)} />
        {call.video && bar.session?.settings.video && (
          <Button icon="video" label={t("call.answer_video")} bare kind="go" onClick={() => bar.answer(call, true)} />
        )}
        <Button icon="hangUp" label={t("call.reject")} kind="stop wide" onClick={() => bar.hangUp(call)} />
      </div>
    </>
  );
}

function Transfer({ bar, call, others, onDone }: { bar: Phonebar; call: Call; others: Call[]; onDone: () => void }) {
  const [number, setNumber] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const act = (what: () => void) => {
    what();
    onDone();
  };
  return (
    <form
      class="transfer"
      onSubmit={(event) => {
        event.preventDefault();
        if (number.trim()) act(() => bar.transfer(call, number));
      }}
    >
      {others.map((other) => (
        <Button key={other.id} icon="transfer" label={t("transfer.connect", { who: whoIs(other) })} kind="primary" onClick={() => act(() => bar.transfer(call, other))} />
      ))}
      <label class="field">
        <span>{t("transfer.number")}</span>
        <input ref={field} type="tel" autocomplete="off" maxLength={64} value={number} onInput={(event) => setNumber(event.currentTarget.value)} />
      </label>
      <div class="row wrap">
        <Button type="submit" label={t("transfer.now")} kind="primary" disabled={number.trim() === ""} />
        <Button label={t("transfer.ask")} disabled={number.trim() === ""} onClick={() => act(() => bar.consult(number))} />
        <Button label={t("transfer.cancel")} kind="plain" onClick={onDone} />
      </div>
    </form>
  );
}

function Pictures({ call }: { call: Call }) {
  const own = call.local?.getVideoTracks()[0];
  return (
    <div class="pictures">
      {call.picture && <Picture stream={call.picture} label={t("call.picture", { who: whoIs(call) })} />}
      {own && <Picture stream={new MediaStream([own])} label={t("call.own_picture")} own />}
    </div>
  );
}

function Picture({ stream, label, own = false }: { stream: MediaStream; label: string; own?: boolean }) {
  const element = useRef<HTMLVideoElement>(null);
  const track = stream.getTracks()[0];
  useEffect(() => {
    if (!element.current) return;
    element.current.srcObject = stream;
    element.current.play().catch(() => {});
  }, [track]);
  return <video ref={element} class={own ? "own" : ""} aria-label={label} muted playsInline />;
}
