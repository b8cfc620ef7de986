/** What waits in all queues, in due order: for supervisors. */
import type { ConversationSummary } from "@hutong/api-client";
import { computed, signal } from "@preact/signals";
import { Button, EmptyState, Spinner } from "@hutong/ui";
import { CircleCheckBig, TriangleAlert } from "lucide";
import { useEffect } from "preact/hooks";
import { problemText } from "../../core/problems";
import { t } from "../../texts/texts";
import { useLive, live } from "../live/live-store";
import { byDue } from "./model";
import { StillList } from "./still-list";
import { api } from "../../core/session";

/** The most that are listed of one queue; the counts say how many there are. */
const WAITING_MAX = 50;

const waiting = signal<readonly ConversationSummary[] | null>(null);
const failed = signal<unknown>(null);

export const waitingCount = computed(() => live.value?.queues.reduce((sum, queue) => sum + queue.waiting, 0));

async function look() {
  const queues = live.value?.queues.filter((queue) => queue.waiting > 0) ?? [];
  try {
    const lists = await Promise.all(
      queues.map((queue) => api.get<ConversationSummary[]>(`/queues/${queue.queue}/waiting`, { limit: WAITING_MAX })));
    waiting.value = lists.flat().sort(byDue);
    failed.value = null;
  } catch (error) {
    failed.value = error;
  }
}

export function QueueList({ selected }: { selected: string | null }) {
  useLive();
  useEffect(() => {
    if (live.value) void look();
  }, [live.value]);
  if (waiting.value === null) {
    return failed.value
      ? <EmptyState icon={TriangleAlert} tone="danger" title={t("list.failed")} action={<Button onClick={() => void look()}>{t("retry")}</Button>}>{problemText(failed.value)}</EmptyState>
      : <div class="desk-waiting"><Spinner label={t("loading")} /></div>;
  }
  if (waiting.value.length === 0) {
    return <EmptyState icon={CircleCheckBig} title={t("queue.empty")}>{t("queue.empty_text")}</EmptyState>;
  }
  return <StillList items={waiting.value} tab="queue" selected={selected} label={t("tab.queue")} />;
}
