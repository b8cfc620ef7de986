/** The numbers of now and of today, large. */
import { clockText } from "@hutong/ui";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { t } from "../../texts/texts";
import { live, today } from "./live-store";
import { alarmOf, countBy, serviceLevel, totals, type Alarm } from "./model";

function Tile({ name, value, hint, alarm = "calm", testId }: {
  name: string;
  value: string;
  hint?: string | undefined;
  alarm?: Alarm;
  testId?: string;
}) {
  return (
    <div class={`tile tile-${alarm}`} data-testid={testId}>
      <dt>{name}</dt>
      <dd>
        <b>{value}</b>
        {hint && <small>{hint}</small>}
      </dd>
    </div>
  );
}

function NowTiles() {
  const state = live.value;
  if (!state) return null;
  const waiting = state.queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const oldest = Math.min(...state.queues.flatMap((queue) => (queue.waiting > 0 && typeof queue.oldest_arrival === "number" ? [queue.oldest_arrival] : [])));
  const overdue = state.queues.filter((queue) => alarmOf(queue, now.value) === "overdue").length;
  const agents = countBy(state.agents);
  return (
    <>
      <Tile testId="tile-waiting" name={t("live.waiting")} value={String(waiting)} alarm={overdue > 0 ? "overdue" : "calm"} hint={overdue > 0 ? t("live.overdue_queues", { n: overdue }) : t("live.none_overdue")} />
      <Tile name={t("live.longest")} value={waiting > 0 && Number.isFinite(oldest) ? clockText(now.value - oldest) : "–"} hint={t("live.longest_hint")} />
      <Tile name={t("live.ready")} value={String(agents.ready)} alarm={agents.ready === 0 && waiting > 0 ? "overdue" : "calm"} hint={t("live.ready_hint", { away: agents.away, silent: agents.not_answering })} />
    </>
  );
}

const percent = (share: number | null) =>
  share === null ? "–" : new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(share);

function TodayTiles() {
  const report = today.value;
  const all = report && totals(report);
  const by = report?.definition;
  const level = by && all ? serviceLevel(all, by) : null;
  return (
    <>
      <Tile name={t("live.level")} value={percent(level)} hint={by ? t(`live.level.${by.denominator}`) : t("live.no_numbers")} />
      <Tile name={t("live.answered")} value={all ? String(all.answered) : "–"} hint={all ? t("live.offered", { n: all.offered }) : undefined} />
      <Tile name={t("live.abandoned")} value={all ? String(all.abandoned) : "–"} hint={all && all.offered > 0 ? percent(all.abandoned / all.offered) : undefined} />
      <Tile name={t("live.mean_wait")} value={typeof all?.mean_wait_ms === "number" ? clockText(all.mean_wait_ms) : "–"} hint={t("live.today")} />
    </>
  );
}

export function Tiles() {
  return (
    <dl class="tiles">
      <NowTiles />
      <TodayTiles />
    </dl>
  );
}
