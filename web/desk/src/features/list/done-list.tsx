/** Closed conversations from the records, newest first, with a search. */
import type { ConversationSummary, Schemas } from "@hutong/api-client";
import { Button, EmptyState, Field, Spinner } from "@hutong/ui";
import { Archive, Search, TriangleAlert } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { goTo } from "../../core/navigation";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { deskEvents } from "../../core/store";
import { t } from "../../texts/texts";
import { StillList } from "./still-list";

const PAGE = 100;
const TYPED_MS = 250;
/** A conversation that just ended reaches the records a moment later. */
const ARCHIVED_MS = 2500;

function useClosed(q: string) {
  const [items, setItems] = useState<readonly ConversationSummary[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  const last = deskEvents.value.last;
  const ended = last?.type === "wrap_up_ended" || last?.type === "conversation_closed" ? deskEvents.value.count : 0;
  useEffect(() => {
    let current = true;
    const look = () =>
      void api.get<Schemas["ConversationList"]>("/conversations", { state: "closed", limit: PAGE, ...(q ? { q } : {}) }).then(
        (answer) => {
          if (!current) return;
          setItems(answer.conversations);
          setProblem(null);
        },
        (error: unknown) => {
          if (current) setProblem(error);
        },
      );
    const timers = [setTimeout(look, q ? TYPED_MS : 0)];
    if (ended > 0) timers.push(setTimeout(look, ARCHIVED_MS));
    return () => {
      current = false;
      timers.forEach(clearTimeout);
    };
  }, [q, turn, ended]);
  return { items, problem, again: () => setTurn(turn + 1) };
}

export function DoneList({ selected, q }: { selected: string | null; q: string }) {
  const { items, problem, again } = useClosed(q);
  return (
    <div style={{ display: "flex", flexDirection: "column", height: "100%" }}>
      <div style={{ padding: "0 12px 12px" }}>
        <Field
          bare
          type="search"
          label={t("done.search")}
          placeholder={t("done.search")}
          value={q}
          onValue={(text) => goTo({ page: "work", tab: "done", conversation: selected, q: text }, "replace")}
        />
      </div>
      <div style={{ flex: 1, minHeight: 0 }}>
        {problem ? <EmptyState icon={TriangleAlert} tone="danger" title={t("list.failed")} action={<Button onClick={again}>{t("retry")}</Button>}>{problemText(problem)}</EmptyState>
          : items === null ? <div class="desk-waiting"><Spinner label={t("loading")} /></div>
          : items.length > 0 ? <StillList items={items} tab="done" selected={selected} label={t("tab.done")} q={q} />
          : q ? <EmptyState icon={Search} title={t("done.none", { q })}>{t("done.none_text")}</EmptyState>
          : <EmptyState icon={Archive} title={t("done.empty")}>{t("done.empty_text")}</EmptyState>}
      </div>
    </div>
  );
}
