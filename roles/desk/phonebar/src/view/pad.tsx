// SPDX-License-Identifier: GPL-3.0-or-later

import { t } from "../texts.ts";

const KEYS: [string, string][] = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"], ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"],
  ["*", ""], ["0", "+"], ["#", ""],
];

const name = (key: string) => (key === "*" ? t("keypad.star") : key === "#" ? t("keypad.hash") : t("keypad.key", { key }));

/** Twelve keys. */
export function Pad({ label, small = false, onKey }: { label: string; small?: boolean; onKey: (key: string) => void }) {
  return (
    <div class={`pad ${small ? "small" : ""}`} role="group" aria-label={label}>
      {KEYS.map(([key, letters]) => (
        <button type="button" class="key" aria-label={name(key)} onClick={() => onKey(key)}>
          <span class="digit">{key === "*" ? "∗" : key}</span>
          {!small && <span class="letters" data-letters={letters} />}
        </button>
      ))}
    </div>
  );
}
