/** Queues with who waits in them; the one that needs help is first. */
import { clockText, EmptyState, exactText, Icon } from "@hutong/ui";
import { CircleCheck, Clock, Inbox, TriangleAlert } from "lucide";
import { now } from "../../core/clock";
import { Link } from "../../core/link";
import { queueName } from "../../core/names";
import { route } from "../../core/navigation";
import { locale } from "../../core/preferences";
import { t } from "../../texts/texts";
import { live, today } from "./live-store";
import { alarmOf, byNeed, serviceLevel, type QueueNow } from "./model";

const ICONS = { calm: CircleCheck, waiting: Clock, soon: Clock, overdue: TriangleAlert } as const;

function dueText(queue: QueueNow): string {
  if (queue.waiting === 0 || typeof queue.oldest_due !== "number") return t("live.calm");
  const ms = queue.oldest_due - now.value;
  return ms > 0 ? t("due.in", { time: clockText(ms) }) : t("due.over", { time: clockText(-ms) });
}

function QueueRow({ queue, chosen }: { queue: QueueNow; chosen: boolean }) {
  const alarm = alarmOf(queue, now.value);
  const report = today.value?.queues.find((each) => each.queue === queue.queue);
  const by = today.value?.definition;
  const level = report && by ? serviceLevel(report, by) : null;
  const wall = route.value.page === "live" && route.value.wall;
  return (
    <li>
      <Link
        to={{ page: "live", queue: chosen ? null : queue.queue, wall }}
        class={`queue queue-${alarm}`}
        aria-current={chosen ? "true" : undefined}
        data-testid={`queue-${queue.queue}`}
      >
        <span class="queue-count">{queue.waiting}</span>
        <span class="queue-name">{queueName(queue.queue)}</span>
        <span class="queue-due" title={typeof queue.oldest_due === "number" ? exactText(queue.oldest_due, locale()) : ""}>
          <Icon icon={ICONS[alarm]} size={14} />
          {dueText(queue)}
        </span>
        <span class="queue-wait">
          <small>{t("live.longest")}</small>
          {queue.waiting > 0 && typeof queue.oldest_arrival === "number" ? clockText(now.value - queue.oldest_arrival) : "–"}
        </span>
        <span class="queue-wait">
          <small>{t("live.level_short")}</small>
          {level === null ? "–" : `${Math.round(level * 100)}%`}
        </span>
      </Link>
    </li>
  );
}

export function Queues({ chosen }: { chosen: string | null }) {
  const queues = byNeed(live.value?.queues ?? []);
  return (
    <section class="live-card" aria-label={t("live.queues")}>
      <h2>{t("live.queues")}</h2>
      {queues.length === 0
        ? <EmptyState icon={Inbox} title={t("live.no_queues")}>{t("live.no_queues_text")}</EmptyState>
        : <ul class="queues">{queues.map((queue) => <QueueRow key={queue.queue} queue={queue} chosen={queue.queue === chosen} />)}</ul>}
    </section>
  );
}
