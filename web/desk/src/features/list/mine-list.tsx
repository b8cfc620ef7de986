/** What I hold, in due order. */
import { EmptyState } from "@hutong/ui";
import { Inbox } from "lucide";
import { desk, mine } from "../../core/store";
import { t } from "../../texts/texts";
import { byDue } from "./model";
import { StillList } from "./still-list";

export function MineList({ selected }: { selected: string | null }) {
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
