/** The head of the letter that is being written: a line, and the rows behind it. */
import "./letters.css";
import type { MailAddress } from "@hutong/api-client";
import { Button, Icon, Spinner } from "@hutong/ui";
import { ChevronDown, ChevronUp, MailPlus, RefreshCw } from "lucide";
import { useId } from "preact/hooks";
import { t } from "../../texts/texts";
import { Chips } from "./chips";
import { addressText, readAddresses, SUBJECT_CHARS_MAX } from "./model";
import { shortList, whomText } from "./people";
import type { Mail } from "./use-mail";

/** `To 王强 <wang@a.cn> · Cc 李敏`: who reads along is never a mere number. */
function lineText(to: readonly MailAddress[], cc: readonly MailAddress[]): string {
  const parts = [to.length > 0 ? t("mail.whom", { who: whomText(to) }) : "", cc.length > 0 ? `${t("mail.cc")} ${shortList(cc)}` : ""];
  return parts.filter(Boolean).join(" · ");
}

/** Who gets it, always in sight. */
export function MailLine({ mail, controls }: { mail: Mail; controls: string }) {
  const { draft, open, setOpen, problem, again, out } = mail;
  if (!draft) {
    return problem
      ? <span class="mail-line composer-over" role="alert">{t("mail.whom_failed", { why: problem })} <Button size="s" look="quiet" icon={RefreshCw} onClick={again}>{t("retry")}</Button></span>
      : <span class="mail-line"><Spinner size={12} label={t("loading")} /></span>;
  }
  const whom = draft.to.length + draft.cc.length === 0 ? t("mail.whom_none") : lineText(draft.to, draft.cc);
  return (
    <span class="mail-line">
      <button type="button" class="letter-fold" aria-expanded={open} aria-controls={controls} title={t(open ? "mail.edit_done" : "mail.edit")} onClick={() => setOpen(!open)} data-testid="mail-edit">
        <span class="letter-fold-words" data-testid="mail-whom">{whom}</span>
        <Icon icon={open ? ChevronUp : ChevronDown} size={14} />
        <span class="ui-sr">{t(open ? "mail.edit_done" : "mail.edit")}</span>
      </button>
      {out.length > 0 && <span class="mail-out" title={out.map(addressText).join(t("list.comma"))} data-testid="mail-out">{t("mail.left_out", { who: shortList(out) })}</span>}
    </span>
  );
}

function Problem({ mail }: { mail: Mail }) {
  const { missing, typed } = mail;
  if (!missing) return null;
  const text = readAddresses(`${typed.to},${typed.cc}`).bad[0] ?? "";
  return <p class="mail-problem" role="status" data-testid="mail-problem">{t(`mail.problem.${missing}`, { text })}</p>;
}

export function MailRows({ mail, id }: { mail: Mail; id: string }) {
  const subject = useId();
  const { draft, open, typed, setTyped, change, newer, takeNewer } = mail;
  const known = mail.people();
  return (
    <>
      {newer && (
        <p class="mail-newer" role="status">
          <Icon icon={MailPlus} size={14} />
          {t("mail.newer", { who: whomText(newer.reply.to) })}
          <Button size="s" look="quiet" onClick={takeNewer}>{t("mail.newer_take")}</Button>
        </p>
      )}
      <div class="mail-rows" id={id} hidden={!open}>
        {draft && open && (
          <>
            <Chips label={t("mail.to")} people={draft.to} onPeople={(to) => change({ to })} typed={typed.to} onTyped={(to) => setTyped({ ...typed, to })} known={known} testId="mail-to" />
            <Chips label={t("mail.cc")} people={draft.cc} onPeople={(cc) => change({ cc })} typed={typed.cc} onTyped={(cc) => setTyped({ ...typed, cc })} known={known} testId="mail-cc" />
            <div class="mail-row">
              <label for={subject}>{t("mail.subject")}</label>
              <input id={subject} type="text" value={draft.subject} maxLength={SUBJECT_CHARS_MAX} onInput={(event) => change({ subject: event.currentTarget.value })} data-testid="mail-subject" />
            </div>
          </>
        )}
      </div>
      <Problem mail={mail} />
    </>
  );
}
