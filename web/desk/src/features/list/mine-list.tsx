/** What I hold, in due order; and what I put to rest, by when it wakes. */
import { EmptyState, Icon } from "@hutong/ui";
import { AlarmClock, Inbox } from "lucide";
import { useEffect } from "preact/hooks";
import { desk, followRest, mine, resting } from "../../core/store";
import { t } from "../../texts/texts";
import { byDue } from "./model";
import { Row } from "./row";
import { StillList } from "./still-list";

/** The most that are shown as resting; the head says how many there are. */
const RESTING_MAX = 100;

function Resting({ selected }: { selected: string | null }) {
  useEffect(followRest, []);
  const all = resting.value;
  if (all.length === 0) return null;
  return (
    <details class="rest" open data-testid="resting">
      <summary><Icon icon={AlarmClock} size={14} />{t("mine.resting", { n: all.length })}</summary>
      <ul aria-label={t("mine.resting_label")}>
        {all.slice(0, RESTING_MAX).map((one) => <li key={one.id}><Row one={one} tab="mine" selected={one.id === selected} /></li>)}
      </ul>
    </details>
  );
}

export function MineList({ selected }: { selected: string | null }) {
  return (
    <div class="mine">
      <div class="mine-held"><Held selected={selected} /></div>
      <Resting selected={selected} />
    </div>
  );
}

function Held({ selected }: { selected: string | null }) {
  const held = mine.value.filter((one) => one.state !== "offered").sort(byDue);
  if (held.length === 0) {
    const ready = desk.value?.presence === "ready";
    return (
      <EmptyState icon={Inbox} title={t("mine.empty")}>
        {ready ? t("mine.empty_ready") : t("mine.empty_away")}
      </EmptyState>
    );
  }
  return <StillList items={held} tab="mine" selected={selected} label={t("tab.mine")} />;
}
