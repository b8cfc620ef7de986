/** One piece of a timeline: days, words, notes and facts. */
import type { ConversationSummary, Message } from "@hutong/api-client";
import { untracked } from "@preact/signals";
import { Avatar, dayText, exactText, Icon } from "@hutong/ui";
import { Check, CheckCheck, NotebookPen } from "lucide";
import { present } from "../../core/clock";
import { agentName, contactName } from "../../core/names";
import { locale } from "../../core/preferences";
import { desk } from "../../core/store";
import { t } from "../../texts/texts";
import { Failed, Reactions, Said } from "./changed";
import type { Change } from "./changes.model";
import { LetterEntry, UndeliveredNotice, type Failure } from "../letters/letter";
import { markOf, type Entry, type Mark, type Marks } from "./model";
import { noticeText } from "./notices";
import { Time } from "./text";

interface EntriesProps {
  entries: readonly Entry[];
  marks: Marks;
  failures: ReadonlyMap<string, "failed" | "late">;
  changes: ReadonlyMap<number, Change>;
  one: ConversationSummary;
}

export function Entries({ entries, marks, failures, changes, one }: EntriesProps) {
  return (
    <div class="piece">
      {entries.map((entry) =>
        entry.type === "day"
          ? <p key={entry.key} class="day"><span>{dayText(entry.at, present(), locale())}</span></p>
          : <Spoken key={entry.key} message={entry.message} first={entry.first} one={one} mark={markOf(entry.message.seq, marks)} failure={failures.get(entry.message.id)} change={changes.get(entry.message.seq)} />)}
    </div>
  );
}

function Notice({ message, one }: { message: Message; one: ConversationSummary }) {
  return (
    <p class="notice" data-testid="notice">
      {untracked(() => (message.notice ? noticeText(message.notice, one.kind) : message.text))} <Time at={message.at} />
    </p>
  );
}

function HowFar({ mark }: { mark: Mark | null }) {
  if (!mark) return null;
  return (
    <span class={`mark mark-${mark}`} data-testid={`mark-${mark}`}>
      <Icon icon={mark === "sent" ? Check : CheckCheck} size={13} />
      {t(`mark.${mark}`)}
    </span>
  );
}

/** Who says it. Thousands of messages must not look again whenever the desk changes. */
function nameOf(message: Message, one: ConversationSummary): string {
  if (message.author.type === "contact") return contactName(one);
  const agent = message.author.type === "agent" ? message.author.id : "";
  return untracked(() => (agent !== "" && agent === desk.value?.me.id ? t("message.me") : agentName(agent) || t("message.system")));
}

interface SpokenProps {
  message: Message;
  first: boolean;
  one: ConversationSummary;
  mark: Mark | null;
  failure: Failure;
  change: Change | undefined;
}

function Spoken({ message, first, one, mark, failure, change }: SpokenProps) {
  if (message.notice?.code === "undelivered") return <UndeliveredNotice message={message} notice={message.notice} />;
  if (message.kind === "notice") return <Notice message={message} one={one} />;
  if (message.mail) return <LetterEntry message={message} head={message.mail} one={one} writer={nameOf(message, one)} failure={failure} />;
  const isContact = message.author.type === "contact";
  const name = nameOf(message, one);
  const side = message.kind === "note" ? "note" : isContact ? "contact" : "agent";
  return (
    <article class={`spoken spoken-${side}${first ? " spoken-first" : ""}`} data-testid={`message-${side}`} data-seq={message.seq}>
      {isContact && <span class="spoken-face">{first && <Avatar name={contactName(one)} seed={one.contact} size={28} />}</span>}
      <div class="spoken-body">
        {first && (
          <header class="spoken-head">
            {side === "note" && <Icon icon={NotebookPen} size={13} />}
            <b>{side === "note" ? t("note.by", { who: name }) : name}</b>
            <Time at={message.at} />
          </header>
        )}
        <div class={change?.takenBackAt === undefined ? "bubble" : "bubble bubble-back"} title={exactText(message.at, locale())}>
          <Said message={message} change={change} />
        </div>
        {change && <Reactions change={change} />}
        {change?.failed ? <Failed message={message} reasons={change.failed} one={one} /> : <HowFar mark={mark} />}
      </div>
    </article>
  );
}
