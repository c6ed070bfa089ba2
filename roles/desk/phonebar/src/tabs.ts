// SPDX-License-Identifier: GPL-3.0-or-later
// One person, several pages in one browser: the one that registered last has the line, the others hear of it at once.

export class Tabs {
  private channel = new BroadcastChannel("phonebar");
  private id = crypto.randomUUID();

  constructor(private username: string, lost: () => void) {
    this.channel.addEventListener("message", ({ data }) => {
      if (data?.username === username && data.id !== this.id) lost();
    });
  }

  claim(): void {
    this.channel.postMessage({ username: this.username, id: this.id });
  }
}
