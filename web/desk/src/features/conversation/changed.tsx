/** What happened to a message, where it stands: its newest words, that it was taken back, signs, that it did not arrive. */
import "./changed.css";
import type { ConversationSummary, Message } from "@hutong/api-client";
import { Button, exactText, Icon } from "@hutong/ui";
import { CircleAlert, PencilLine, Undo2 } from "lucide";
import { useId, useState } from "preact/hooks";
import { locale } from "../../core/preferences";
import { desk } from "../../core/store";
import { t } from "../../texts/texts";
import type { Change } from "./changes.model";
import { bringBack } from "./drafts";
import { Files } from "./files";
import { Text } from "./text";

/** The words and files of a message as they stand now. */
export function Said({ message, change }: { message: Message; change: Change | undefined }) {
  if (change?.takenBackAt !== undefined) return <TakenBack message={message} change={change} at={change.takenBackAt} />;
  return <Words message={message} change={change} />;
}

function Words({ message, change }: { message: Message; change: Change | undefined }) {
  const text = change?.text ?? message.text;
  return (
    <>
      {text && <Text text={text} />}
      {change && change.before.length > 0 && <Before before={change.before} />}
      {message.files && message.files.length > 0 && <Files files={message.files} change={change} />}
    </>
  );
}

/** What it said before, behind a quiet mark. */
function Before({ before }: { before: readonly string[] }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <button type="button" class="said-mark" aria-expanded={open} aria-controls={id} aria-label={t(open ? "chat.edited_hide" : "chat.edited_show")}
        title={t(open ? "chat.edited_hide" : "chat.edited_show")} onClick={() => setOpen(!open)} data-testid="edited">
        <Icon icon={PencilLine} size={12} />{t("chat.edited")}
      </button>
      <ol class="said-before" id={id} hidden={!open} aria-label={t("chat.before")} data-testid="said-before">
        {open && before.map((text, n) => <li key={n}><Text text={text} /></li>)}
      </ol>
    </>
  );
}

/** The agent must know what was said, and that the contact wants it unsaid. */
function TakenBack({ message, change, at }: { message: Message; change: Change; at: number }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div class="said-back" data-testid="taken-back">
      <p title={exactText(at, locale())}>
        <Icon icon={Undo2} size={13} />
        <span>{t("chat.taken_back")}</span>
        <button type="button" class="said-mark" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)} data-testid="taken-back-show">
          {t(open ? "chat.taken_back_hide" : "chat.taken_back_show")}
        </button>
      </p>
      <div class="said-back-words" id={id} hidden={!open}>{open && <Words message={message} change={change} />}</div>
    </div>
  );
}

export function Reactions({ change: { reactions, by } }: { change: Change }) {
  if (reactions.size === 0) return null;
  return (
    <ul class="reactions" aria-label={t("chat.reactions")} data-testid="reactions">
      {[...reactions].map(([emoji, n]) => (
        <li key={emoji} title={(by.get(emoji) ?? []).join(t("list.comma")) || t("chat.reaction", { emoji, n })}>
          <span>{emoji}</span>{n > 1 && <b>{n}</b>}
        </li>
      ))}
    </ul>
  );
}

/** An answer that the network could not bring to the contact: why, and its words for another try. */
export function Failed({ message, reasons, one }: { message: Message; reasons: readonly string[]; one: ConversationSummary }) {
  const why = reasons.filter(Boolean).join(" · ");
  const text = message.text ?? "";
  const rewrite = () => bringBack(desk.peek()?.me.id ?? "", one.id, { text, note: false });
  return (
    <div class="mark mark-failed" data-testid="mark-undelivered">
      <Icon icon={CircleAlert} size={13} />
      <span>{why ? t("chat.failed_why", { why }) : t("chat.failed")}</span>
      {text !== "" && one.state === "active" && <Button size="s" look="quiet" onClick={rewrite} data-testid="rewrite">{t("chat.rewrite")}</Button>}
    </div>
  );
}
