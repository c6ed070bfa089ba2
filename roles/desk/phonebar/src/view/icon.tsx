// SPDX-License-Identifier: GPL-3.0-or-later
// Signs beside words: strokes on a field of 24 by 24. They say nothing to a screen reader, the words do.

const PATHS = {
  call: "M6.5 4h3l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5v3a2 2 0 0 1-2 2A15.5 15.5 0 0 1 4.5 6a2 2 0 0 1 2-2z",
  hangUp: "M3 14.5c5-5 13-5 18 0l-2.2 2.5-3.3-1.5v-2.7c-2.2-.7-4.8-.7-7 0v2.7L5.2 17z",
  microphone: "M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6.5 11.5a5.5 5.5 0 0 0 11 0M12 17v3",
  muted: "M9.5 9.5v2a2.5 2.5 0 0 0 4 2M14.5 10.5v-4a2.5 2.5 0 0 0-5-.5M6.5 11.5a5.5 5.5 0 0 0 8.5 4.6M17.3 13a5 5 0 0 0 .2-1.5M12 17v3M5 4l14 16",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.5l10.5 6.5L8 18.5z",
  transfer: "M5 8h13M14.5 4.5L18 8l-3.5 3.5M19 16H6M9.5 12.5L6 16l3.5 3.5",
  keypad: "M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01",
  record: "M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10z",
  stop: "M8 8h8v8H8z",
  history: "M12 4.5a7.5 7.5 0 1 1-7 4.8M5 5v4.5h4.5M12 8.5V12l2.8 1.8",
  messages: "M5 6h14v10h-8l-4 3.5V16H5z",
  voicemail: "M7 9.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM17 9.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM7 15.5h10",
  settings: "M5 8h8M17 8h2M15 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM5 16h2M11 16h8M9 14a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  video: "M4 7.5h10.5v9H4zM14.5 11l5.5-3v8l-5.5-3z",
  backspace: "M9 6h11v12H9l-5-6zM12 9.5l5 5M17 9.5l-5 5",
  signOut: "M13 5H6v14h7M10.5 12H20M16.5 8.5L20 12l-3.5 3.5",
  incoming: "M18 6L7 17M7 9v8h8",
  outgoing: "M6 18L17 7M9 7h8v8",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  back: "M14.5 6L8.5 12l6 6",
  send: "M4.5 12L19.5 5l-4 14-3.5-6zM12 13l7.5-8",
  check: "M5.5 12.5l4.5 4.5 8.5-9.5",
  remove: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.5 10.5v5M13.5 10.5v5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
