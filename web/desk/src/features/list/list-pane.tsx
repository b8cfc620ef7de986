/** The left pane: presence, tabs, and the list of the chosen tab. */
import { Tabs } from "@hutong/ui";
import { mayAs } from "../../core/names";
import { goTo } from "../../core/navigation";
import { TABS, type WorkTab } from "../../core/routes.model";
import { mine } from "../../core/store";
import { t } from "../../texts/texts";
import { Presence } from "../presence/presence";
import { DoneList } from "./done-list";
import { MineList } from "./mine-list";
import { QueueList, waitingCount } from "./queue-list";

export function ListPane({ tab, selected, q }: { tab: WorkTab; selected: string | null; q: string }) {
  const held = mine.value.filter((one) => one.state !== "offered");
  const counts: Record<WorkTab, number | undefined> = { mine: held.length, queue: waitingCount.value, done: undefined };
  const tabs = TABS.filter((id) => id !== "queue" || mayAs("supervisor"));
  return (
    <section class="list-pane" aria-label={t("list.label")}>
      <div class="list-head">
        <Presence />
        <Tabs
          label={t("list.tabs")}
          panel="list-panel"
          current={tab}
          tabs={tabs.map((id) => ({ id, label: t(`tab.${id}`), count: counts[id] }))}
          onSelect={(id) => goTo({ page: "work", tab: id as WorkTab, conversation: selected, q: "" })}
        />
      </div>
      <div class="list-body" id="list-panel" role="tabpanel" aria-label={t(`tab.${tab}`)}>
        {tab === "mine" && <MineList selected={selected} />}
        {tab === "queue" && <QueueList selected={selected} />}
        {tab === "done" && <DoneList selected={selected} q={q} />}
      </div>
    </section>
  );
}
