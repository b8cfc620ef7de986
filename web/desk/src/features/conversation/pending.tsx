/** My word on its way: pending, sent, or failed with a way out. */
import { Button, Icon, Spinner } from "@hutong/ui";
import { Check, CircleAlert, NotebookPen } from "lucide";
import { discard, sendAgain } from "../../core/actions";
import type { Pending } from "../../core/log.model";
import { codeText } from "../../core/problems";
import { t } from "../../texts/texts";
import { whomText } from "../letters/people";
import { Files } from "./files";
import { Text } from "./text";

export function PendingMessage({ one, conversation }: { one: Pending; conversation: string }) {
  const side = one.kind === "note" ? "note" : "agent";
  const failed = one.state === "failed";
  return (
    <article class={`spoken spoken-${side} spoken-pending`} data-testid={`message-${side}`} data-state={one.state}>
      <div class="spoken-body">
        {side === "note" && <header class="spoken-head"><Icon icon={NotebookPen} size={13} /><b>{t("note.by", { who: t("message.me") })}</b></header>}
        {one.mail && <header class="spoken-head">{t("mail.whom", { who: whomText([...one.mail.to, ...(one.mail.cc ?? [])]) })}</header>}
        <div class={failed ? "bubble bubble-failed" : "bubble"}>
          {one.text && <Text text={one.text} />}
          {one.files.length > 0 && <Files files={one.files} />}
        </div>
        {failed ? (
          <div class="mark mark-failed" role="alert">
            <Icon icon={CircleAlert} size={13} />
            <span>{t("mark.failed", { why: codeText(one.problem ?? "") })}</span>
            <Button size="s" look="quiet" onClick={() => sendAgain(conversation, one)}>{t("mark.again")}</Button>
            <Button size="s" look="quiet" onClick={() => discard(conversation, one)}>{t("mark.discard")}</Button>
          </div>
        ) : (
          <span class="mark">
            {one.state === "sent" ? <Icon icon={Check} size={13} /> : <Spinner size={11} />}
            {t(one.state === "sent" ? "mark.sent" : "mark.pending")}
          </span>
        )}
      </div>
    </article>
  );
}
