/** A letter in the timeline: it looks like a letter, not like a bubble. */
import "./letters.css";
import type { ConversationSummary, MailHead, Message, Notice } from "@hutong/api-client";
import { Avatar, Badge, Button, Icon } from "@hutong/ui";
import { Bot, Check, CircleAlert, Clock, Flag, MailX, TriangleAlert } from "lucide";
import { useId } from "preact/hooks";
import { t } from "../../texts/texts";
import { undeliveredText } from "../conversation/notices";
import { Time } from "../conversation/text";
import { Envelope, TrustBadge } from "./people";
import { Body } from "./whole";

export type Failure = "failed" | "late" | undefined;

function Marks({ head }: { head: MailHead }) {
  return (
    <>
      {head.important && <Badge tone="soon" icon={Flag} title={t("mail.important_hint")}>{t("mail.important")}</Badge>}
      {head.automatic && <Badge icon={Bot} title={t("mail.automatic_hint")}>{t("mail.automatic")}</Badge>}
    </>
  );
}

function HowFar({ failure }: { failure: Failure }) {
  if (failure === "failed") return <span class="letter-mark letter-mark-failed" data-testid="letter-failed"><Icon icon={CircleAlert} size={13} />{t("mail.failed")}</span>;
  if (failure === "late") return <span class="letter-mark letter-mark-late"><Icon icon={Clock} size={13} />{t("mail.late")}</span>;
  return <span class="letter-mark"><Icon icon={Check} size={13} />{t("mark.sent")}</span>;
}

export function LetterEntry({ message, head, one, writer, failure }: {
  message: Message;
  head: MailHead;
  one: ConversationSummary;
  /** The agent's name, for letters of the desk. */
  writer: string;
  failure: Failure;
}) {
  const id = useId();
  const mine = message.author.type !== "contact";
  const name = mine ? writer : head.from.name || head.from.address;
  const forged = head.warning === "forged" || head.warning === "claims_desk";
  return (
    <article
      class={`letter${mine ? " letter-mine" : ""}${failure === "failed" ? " letter-undelivered" : ""}`}
      aria-labelledby={id} data-testid={`letter-${mine ? "agent" : "contact"}`} data-seq={message.seq} data-message={message.id}
    >
      <header>
        <h2 id={id} class="letter-subject" data-testid="letter-subject">
          <span class="ui-sr">{t(mine ? "mail.letter_mine" : "mail.letter_from", { name })} </span>
          {head.subject || <span class="letter-none">{t("mail.no_subject")}</span>}
        </h2>
        <div class="letter-who">
          <Avatar name={name} seed={mine ? name : one.contact} size={32} />
          <div class="letter-names">
            <p>
              <b>{name}</b>
              {!mine && name !== head.from.address && <span class="letter-address">{head.from.address}</span>}
              {!mine && <TrustBadge head={head} />}
              <Marks head={head} />
            </p>
            <Envelope head={head} mine={mine} />
          </div>
          <div class="letter-when"><Time at={message.at} />{mine && <HowFar failure={failure} />}</div>
        </div>
      </header>
      {head.warning && (
        <p class={`letter-warning letter-warning-${forged ? "danger" : "soon"}`} role="note" data-warning={head.warning}>
          <Icon icon={TriangleAlert} />{t(`mail.warning.${head.warning}`)}
        </p>
      )}
      <div class="letter-body">
        <Body conversation={one.id} message={message} head={head} />
      </div>
    </article>
  );
}

type Undelivered = Extract<Notice, { code: "undelivered" }>;

/** Goes to a letter that is in the page, and gives it the focus. */
function goToLetter(id: string) {
  const found = document.querySelector<HTMLElement>(`[data-message="${CSS.escape(id)}"]`);
  if (!found) return;
  found.tabIndex = -1;
  found.focus({ preventScroll: true });
  found.scrollIntoView({ block: "center" });
}

/** Whom else the same report names. */
function Others({ notice }: { notice: Undelivered }) {
  const { others = [], unnamed = 0 } = notice;
  if (others.length === 0) return null;
  return (
    <ul class="undelivered-others">
      {others.map(({ recipient, reason }) => (
        <li key={recipient}>{t(notice.permanent ? "mail.undelivered" : "mail.undelivered_late", { recipient })}{reason && <> <q class="undelivered-reason">{reason}</q></>}</li>
      ))}
      {unnamed > 0 && <li>{t("mail.undelivered_more", { n: unnamed })}</li>}
    </ul>
  );
}

export function UndeliveredNotice({ message, notice }: { message: Message; notice: Undelivered }) {
  const about = notice.message;
  return (
    <div class={notice.permanent ? "undelivered" : "undelivered undelivered-late"} data-testid="undelivered" data-permanent={notice.permanent} data-seq={message.seq}>
      <Icon icon={notice.permanent ? MailX : Clock} size={18} />
      <div>
        <p><b>{undeliveredText({ ...notice, more: 0 })}</b> <Time at={message.at} /></p>
        {notice.reason && <p class="undelivered-reason">{t(notice.recipient === "" ? "chat.said_by" : "mail.undelivered_reason")} <q>{notice.reason}</q></p>}
        <Others notice={notice} />
      </div>
      {about && <Button size="s" look="quiet" onClick={() => goToLetter(about)}>{t("mail.undelivered_show")}</Button>}
    </div>
  );
}
