/** The live view's data: asked for at a steady pace, and at once after an event that changes it. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../core/session";
import { deskEvents } from "../../core/store";
import { readToday, type AgentNow, type Live, type QueueNow, type Today } from "./model";

export const live = signal<Live | null>(null);
export const today = signal<Today | null>(null);
export const liveProblem = signal<unknown>(null);

const EVERY_MS = 5000;
const REPORT_EVERY_MS = 30_000;
/** Events come in bursts; one look for each burst. */
const BURST_MS = 250;

let viewers = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let looking = false;
let reportAt = 0;

async function look() {
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  try {
    const [queues, agents] = await Promise.all([api.get<QueueNow[]>("/queues/state"), api.get<AgentNow[]>("/agents/state")]);
    live.value = { queues, agents };
    liveProblem.value = null;
    if (Date.now() - reportAt > REPORT_EVERY_MS) {
      reportAt = Date.now();
      today.value = readToday(await api.get<unknown>("/reports/today"));
    }
  } catch (error) {
    liveProblem.value = error;
  } finally {
    looking = false;
    if (viewers > 0) timer = setTimeout(() => void look(), EVERY_MS);
  }
}

export const lookNow = () => void look();

/** Keeps the data fresh for as long as somebody looks at it. */
export function useLive() {
  useEffect(() => {
    viewers += 1;
    void look();
    return () => {
      viewers -= 1;
      if (viewers === 0) clearTimeout(timer);
    };
  }, []);
  const { count, last } = deskEvents.value;
  useEffect(() => {
    if (!last || last.type === "message_appended" || last.type === "read_marked" || last.type === "received_marked") return;
    const soon = setTimeout(() => void look(), BURST_MS);
    return () => clearTimeout(soon);
  }, [count]);
}
