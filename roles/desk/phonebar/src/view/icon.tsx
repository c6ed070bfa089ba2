// SPDX-License-Identifier: GPL-3.0-or-later
// Signs beside words: strokes on a field of 24 by 24. They say nothing to a screen reader, the words do.

const PATHS = {
  call: "M6.5 4h3l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5v3a2 2 0 0 1-2 2A15.500 15.500 0 0 1 4.500 6a2 2 0 0 1 2-2z",
  hangUp: "M3 14.500c5-5 13-5 18 0l-2.200 2.500-3.300-1.500v-2.700c-2.200-.7-4.800-.7-7 0v2.700L5.200 17z",
  microphone: "M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6.500 11.500a5.500 5.500 0 0 0 11 0M12 17v3",
  muted: "M9.500 9.500v2a2.500 2.500 0 0 0 4 2M14.500 10.500v-4a2.500 2.500 0 0 0-5-.5M6.500 11.500a5.500 5.500 0 0 0 8.500 4.600M17.300 13a5 5 0 0 0 .2-1.500M12 17v3M5 4l14 16",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.500l10.500 6.500L8 18.500z",
  transfer: "M5 8h13M14.500 4.500L18 8l-3.500 3.500M19 16H6M9.500 12.500L6 16l3.500 3.500",
  keypad: "M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01",
  record: "M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10z",
  stop: "M8 8h8v8H8z",
  history: "M12 4.500a7.500 7.500 0 1 1-7 4.800M5 5v4.500h4.500M12 8.500V12l2.800 1.800",
  messages: "M5 6h14v10h-8l-4 3.500V16H5z",
  voicemail: "M7 9.500a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM17 9.500a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM7 15.500h10",
  settings: "M5 8h8M17 8h2M15 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM5 16h2M11 16h8M9 14a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  video: "M4 7.500h10.500v9H4zM14.500 11l5.500-3v8l-5.500-3z",
  backspace: "M9 6h11v12H9l-5-6zM12 9.500l5 5M17 9.500l-5 5",
  signOut: "M13 5H6v14h7M10.500 12H20M16.500 8.500L20 12l-3.500 3.500",
  incoming: "M18 6L7 17M7 9v8h8",
  outgoing: "M6 18L17 7M9 7h8v8",
  close: "M6.500 6.500l11 11M17.500 6.500l-11 11",
  back: "M14.500 6L8.500 12l6 6",
  send: "M4.500 12L19.500 5l-4 14-3.500-6zM12 13l7.500-8",
  remove: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.500 10.500v5M13.500 10.500v5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
