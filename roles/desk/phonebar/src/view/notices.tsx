// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useState } from "preact/hooks";
import type { Phonebar } from "../phonebar.ts";
import { t } from "../texts.ts";
import { Button } from "./button.tsx";

/** What lasts, and what happened. */
export function Notices({ bar }: { bar: Phonebar }) {
  return (
    <div class="notices">
      {bar.line === "elsewhere" && (
        <div class="notice" role="alert">
          <p>{t("line.elsewhere.long")}</p>
          <Button label={t("line.elsewhere.take")} kind="primary" onClick={() => bar.takeOver()} />
        </div>
      )}
      {bar.line === "absent" && <p class="notice mild" role="status">{t("line.absent.long")}</p>}
      {bar.line === "refused" && <p class="notice" role="alert">{t("line.refused.long")}</p>}
      {bar.certificateSuspected && <p class="notice" role="alert">{t("line.certificate.long")}</p>}
      {!bar.deskReachable && bar.line === "registered" && <p class="notice mild" role="status">{t("line.desk.long")}</p>}
      {bar.sound.locked && (
        <div class="notice mild" role="status">
          <p>{t("line.sound.long")}</p>
          <Button label={t("line.sound.allow")} onClick={() => bar.touched()} />
        </div>
      )}
      {bar.notices.map((notice) => (
        <div class="notice" role="alert" key={notice.id}>
          <p>{notice.text}</p>
          <Button icon="close" label={t("notice.dismiss")} bare kind="plain" onClick={() => bar.dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}

/** Only for screen readers. */
export function Announcements({ bar }: { bar: Phonebar }) {
  const [text, setText] = useState("");
  useEffect(() => bar.on("announce", setText), [bar]);
  return <p class="unseen" role="status" aria-live="assertive">{text}</p>;
}
