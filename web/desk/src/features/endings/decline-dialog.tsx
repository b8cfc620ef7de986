/** Declining by the keyboard: one key for each reason. */
import type { ConversationSummary } from "@hutong/api-client";
import { Button, Dialog } from "@hutong/ui";
import { decline } from "../../core/actions";
import { contactName } from "../../core/names";
import { t } from "../../texts/texts";
import { DECLINE_REASONS } from "../offers/model";
import { closeDialog } from "./dialogs";

export function DeclineDialog({ one }: { one: ConversationSummary }) {
  const choose = (reason: string) => {
    closeDialog();
    decline(one, reason);
  };
  return (
    <Dialog title={t("decline.title", { name: contactName(one) })} closeLabel={t("close")} onClose={closeDialog} testId="decline-dialog">
      <ul class="snooze-times" onKeyDown={(event) => {
        const reason = DECLINE_REASONS[Number(event.key) - 1];
        if (reason) choose(reason);
      }}>
        {DECLINE_REASONS.map((reason, n) => (
          <li key={reason}>
            <Button autoFocus={n === 0} keys={String(n + 1)} onClick={() => choose(reason)}>{t(`decline.${reason}`)}</Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
