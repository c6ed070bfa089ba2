// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the phonebar into the page.

import { render } from "preact";
import { outside } from "./outside.ts";
import { Phonebar } from "./phonebar.ts";
import "./style.css";
import { App } from "./view/app.tsx";

const element = document.getElementById("desk");
if (element) {
  const bar = new Phonebar();
  render(<App bar={bar} />, element);
  // Who looks in from outside finds a phone that is there, or none.
  void bar.start().then(() => outside(bar));
}
