/** One letter that could not come in: why, and what can be done. */
import type { QuarantinedLetter } from "@hutong/api-client";
import { Badge, Button, Dialog, exactText } from "@hutong/ui";
import { Download, RefreshCw, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { channelName, mayAs } from "../../core/names";
import { locale } from "../../core/preferences";
import { t } from "../../texts/texts";
import { saveAs } from "../conversation/files";
import { bytesText } from "../conversation/model";
import type { Quarantine } from "./stuck-store";

/** Whom it came from; reports have no return address. */
export const senderText = (one: QuarantinedLetter) => one.mail_from || t("letters.from_nobody");

function Facts({ one }: { one: QuarantinedLetter }) {
  const facts = [
    [t("letters.mail_from"), senderText(one)],
    [t("letters.rcpt_to"), one.rcpt_to.join(t("list.comma"))],
    [t("letters.channel"), channelName(one.channel)],
    [t("letters.place"), one.place],
    [t("letters.size"), bytesText(one.bytes)],
    [t("letters.received"), exactText(one.received_at, locale())],
    [t("letters.tries"), String(one.tries)],
    [t("letters.detail"), one.detail],
  ];
  return <dl class="stuck-facts">{facts.filter(([, value]) => value).map(([name, value]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={name}>{value}</dd>])}</dl>;
}

function Sure({ onYes, onClose }: { onYes: () => void; onClose: () => void }) {
  return (
    <Dialog title={t("letters.give_up_title")} closeLabel={t("close")} onClose={onClose} testId="give-up-dialog"
      footer={<>
        <Button onClick={onClose}>{t("letters.keep")}</Button>
        <Button look="danger" icon={Trash2} onClick={onYes} data-testid="give-up-sure">{t("letters.give_up")}</Button>
      </>}>
      <p>{t("letters.give_up_text")}</p>
    </Dialog>
  );
}

export function StuckLetter({ one, quarantine }: { one: QuarantinedLetter; quarantine: Quarantine }) {
  const [busy, setBusy] = useState<"retry" | "give_up" | null>(null);
  const [asks, setAsks] = useState(false);
  const run = async (what: "retry" | "give_up", work: () => Promise<void>) => {
    setBusy(what);
    await work();
    setBusy(null);
  };
  const path = `/quarantine/${encodeURIComponent(one.id)}/original`;
  return (
    <article class="stuck-letter" data-testid="stuck-letter" data-reason={one.reason}>
      <header>
        <h2>{senderText(one)}</h2>
        <Badge tone="overdue">{t(`letters.reason.${one.reason}`)}</Badge>
      </header>
      <p class="stuck-why">{t(`letters.why.${one.reason}`)}</p>
      <div class="stuck-ways">
        <Button look="primary" icon={RefreshCw} busy={busy === "retry"} disabled={busy !== null} onClick={() => void run("retry", () => quarantine.retry(one.id))} data-testid="stuck-retry">{t("letters.retry")}</Button>
        <Button icon={Download} onClick={() => void saveAs(path, `${one.id}.eml`)} data-testid="stuck-download">{t("letters.original")}</Button>
        {mayAs("admin") && <Button look="quiet" icon={Trash2} busy={busy === "give_up"} disabled={busy !== null} onClick={() => setAsks(true)} data-testid="stuck-give-up">{t("letters.give_up")}</Button>}
      </div>
      <Facts one={one} />
      {asks && <Sure onClose={() => setAsks(false)} onYes={() => { setAsks(false); void run("give_up", () => quarantine.giveUp(one.id)); }} />}
    </article>
  );
}
