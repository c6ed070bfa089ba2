// SPDX-License-Identifier: GPL-3.0-or-later

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface Properties {
  icon?: IconName;
  /** What it does; always there for a screen reader. */
  label: string;
  /** Seen instead of the label, which is read all the same. */
  short?: ComponentChildren;
  /** Only the sign is seen. */
  bare?: boolean;
  kind?: string;
  pressed?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  onClick?: () => void;
}

export function Button({ icon, label, short, bare = false, kind = "", pressed, disabled = false, type = "button", onClick }: Properties) {
  const hidden = bare || short !== undefined;
  return (
    <button
      type={type} class={`button ${kind} ${bare ? "bare" : ""}`} disabled={disabled} onClick={onClick}
      aria-label={hidden ? label : undefined} title={bare ? label : undefined} aria-pressed={pressed}
    >
      {icon && <Icon name={icon} />}
      {!bare && <span>{short ?? label}</span>}
    </button>
  );
}
