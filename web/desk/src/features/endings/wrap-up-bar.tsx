/** After the end: time for notes, and the button that ends it early. */
import type { ConversationSummary } from "@hutong/api-client";
import { Button, clockText, Icon } from "@hutong/ui";
import { Hourglass } from "lucide";
import { useState } from "preact/hooks";
import { endWrapUp } from "../../core/actions";
import { now } from "../../core/clock";
import { t } from "../../texts/texts";

export function WrapUpBar({ one }: { one: ConversationSummary }) {
  const [busy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    await endWrapUp(one.id);
    setBusy(false);
  };
  return (
    <div class="wrap-up" data-testid="wrap-up">
      <Icon icon={Hourglass} />
      <span>{t("wrap_up.text")}</span>
      {typeof one.until === "number" && <b role="timer" aria-label={t("wrap_up.left")}>{clockText(one.until - now.value)}</b>}
      <Button size="s" look="primary" busy={busy} onClick={() => void end()} data-testid="end-wrap-up">{t("wrap_up.end")}</Button>
    </div>
  );
}
