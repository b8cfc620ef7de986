/** A list of conversations that keeps still while the pointer is over it. */
import type { ConversationSummary } from "@hutong/api-client";
import { VirtualList } from "@hutong/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import type { WorkTab } from "../../core/routes.model";
import { t } from "../../texts/texts";
import { keepStill } from "./model";
import { Row, ROW_PX } from "./row";
import { shownOrder } from "./shown";

export function StillList({ items, tab, selected, label, q = "" }: {
  items: readonly ConversationSummary[];
  tab: WorkTab;
  selected: string | null;
  label: string;
  q?: string;
}) {
  const [over, setOver] = useState(false);
  const remembered = useRef(new Map<string, ConversationSummary>());
  const shown = useRef<readonly string[]>([]);
  const next = items.map((one) => one.id);
  for (const one of items) remembered.current.set(one.id, one);
  const still = over ? keepStill(shown.current, next) : { order: next, waiting: 0 };
  shown.current = still.order;
  const present = new Set(next);
  const order = still.order.flatMap((id) => remembered.current.get(id) ?? []);
  useEffect(() => {
    shownOrder.value = still.order;
    if (!over) for (const id of [...remembered.current.keys()]) if (!present.has(id)) remembered.current.delete(id);
  });
  return (
    <div
      style={{ height: "100%", display: "flex", flexDirection: "column" }}
      onPointerEnter={(event) => setOver(event.pointerType === "mouse")}
      onPointerLeave={() => setOver(false)}
    >
      {still.waiting > 0 && (
        <button type="button" class="list-edge" onClick={() => setOver(false)}>
          {t("list.newcomers", { n: still.waiting })}
        </button>
      )}
      <div style={{ flex: 1, minHeight: 0 }}>
        <VirtualList items={order} rowPx={ROW_PX} keyOf={(one) => one.id} label={label} ensure={selected ?? undefined}>
          {(one) => <Row one={one} tab={tab} selected={one.id === selected} gone={!present.has(one.id)} q={q} />}
        </VirtualList>
      </div>
    </div>
  );
}
