/** What is due, as a ring and in words. */
import type { ConversationSummary } from "@hutong/api-client";
import { clockText, dayText, durationText, exactText, Icon, Ring, sameDay, timeText } from "@hutong/ui";
import { AlarmClock, CircleCheck, Clock, Hourglass, MailX } from "lucide";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { desk } from "../../core/store";
import type { Undelivered } from "../../core/undelivered.model";
import { t } from "../../texts/texts";
import { undeliveredText } from "../conversation/notices";
import { dueOf, waitsSince } from "./model";

const MINUTES_MS = 600_000;

/** Seconds near the end, minutes further away. */
function spanText(ms: number): string {
  return Math.abs(ms) < MINUTES_MS ? clockText(Math.abs(ms)) : durationText(Math.abs(ms), locale());
}

function Rest({ one }: { one: ConversationSummary }) {
  const until = one.until ?? 0;
  if (one.state === "wrap_up") {
    return <span class="due due-rest"><Icon icon={Hourglass} size={12} />{t("state.wrap_up")} {until > 0 && spanText(until - now.value)}</span>;
  }
  const since = waitsSince(one);
  if (since !== null) {
    return <span class="due due-waiting" title={exactText(since, locale())}><Icon icon={Hourglass} size={12} />{t("due.waits", { time: durationText(now.value - since, locale()) })}</span>;
  }
  if (one.state === "active") {
    return <span class="due due-rest"><Icon icon={CircleCheck} size={12} />{t("due.answered")}</span>;
  }
  if (one.state === "snoozed" || one.state === "scheduled") {
    const day = sameDay(until, now.value) ? "" : `${dayText(until, now.value, locale())} `;
    const words = until > 0 ? t(`due.${one.state}`, { time: day + timeText(until, locale()) }) : t(`state.${one.state}`);
    return <span class="due due-rest" title={exactText(until, locale())}><Icon icon={AlarmClock} size={12} />{words}</span>;
  }
  return <span class="due due-rest">{t(`state.${one.state}`)}</span>;
}

/** Far away, across nights and weekends, a day and a time say more than a number of hours: those count hours
 * in which nobody works. */
const CLOCK_FROM_MS = 3_600_000;

function dueText(at: number, ms: number): string {
  if (Math.abs(ms) < CLOCK_FROM_MS) return ms > 0 ? t("due.in", { time: spanText(ms) }) : t("due.over", { time: spanText(ms) });
  const time = `${dayText(at, now.value, locale())} ${timeText(at, locale())}`;
  return t(ms > 0 ? "due.at" : "due.was", { time });
}

/** A letter of ours came back: for good or late, told by shape and word. */
function CameBack({ undelivered }: { undelivered: Undelivered }) {
  const { permanent, recipient } = undelivered;
  return (
    <span class={permanent ? "row-back" : "row-back row-back-late"} title={undeliveredText(undelivered)} data-testid="row-undelivered" data-permanent={permanent}>
      <Icon icon={permanent ? MailX : Clock} size={12} />{t(permanent ? "mail.failed" : "mail.late_short")}
      <span class="ui-sr"> {recipient}</span>
    </span>
  );
}

/** What is due, and before it whatever came back. */
export function Due({ one }: { one: ConversationSummary }) {
  const undelivered = one.state === "active" ? desk.value?.undelivered.get(one.id) : undefined;
  if (!undelivered) return <When one={one} />;
  // Answered it is not: the answer came back.
  const more = dueOf(one, now.value) !== null || waitsSince(one) !== null;
  return <span class="due"><CameBack undelivered={undelivered} />{more && <When one={one} />}</span>;
}

function When({ one }: { one: ConversationSummary }) {
  const due = dueOf(one, now.value);
  if (!due) return <Rest one={one} />;
  const ms = due.at - now.value;
  return (
    <span class={`due due-${due.tone}`} title={one.kind === "email" ? `${exactText(due.at, locale())} ${t("due.hours_hint")}` : exactText(due.at, locale())}>
      <Ring left={due.left} tone={due.tone} size={14} />
      {one.kind === "email" ? dueText(due.at, ms) : t(ms > 0 ? "due.in" : "due.over", { time: spanText(ms) })}
    </span>
  );
}
