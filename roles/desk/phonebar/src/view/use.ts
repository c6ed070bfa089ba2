// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useReducer } from "preact/hooks";
import type { Phonebar } from "../phonebar.ts";

/** Draws again whenever something has changed. */
export function useChanges(bar: Phonebar): void {
  const [, again] = useReducer((count: number, _: void) => count + 1, 0);
  useEffect(() => bar.on("changed", again), [bar]);
}

/** Draws again every second, for clocks. */
export function useSeconds(): void {
  const [, again] = useReducer((count: number, _: void) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(again, 1000);
    return () => clearInterval(timer);
  }, []);
}
