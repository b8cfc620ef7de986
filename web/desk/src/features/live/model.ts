/** The desk at a glance: what the gateway tells supervisors, and what stands out in it. */
import type { Presence, Schemas } from "@hutong/api-client";

export type QueueNow = Schemas["QueueNow"];
export type AgentNow = Schemas["AgentNow"];

export interface Live {
  queues: readonly QueueNow[];
  agents: readonly AgentNow[];
}

/** How the service level is reckoned. */
export interface Definition {
  within_secs: number;
  short_abandon_secs: number;
  denominator: "answered" | "offered" | "offered_less_short_abandons";
}

/** How one queue has done today; shares are reckoned here, for one queue and for all alike. */
export type QueueToday = Omit<Schemas["QueueToday"], "definition" | "service_level">;

export interface Today {
  queues: readonly QueueToday[];
  /** Null while no queue has numbers. */
  definition: Definition | null;
}

const num = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const obj = (value: unknown) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {});

const DENOMINATORS = ["answered", "offered", "offered_less_short_abandons"] as const;

function readDefinition(value: unknown): Definition | null {
  const record = obj(value);
  const denominator = DENOMINATORS.find((each) => each === record["denominator"]);
  const within_secs = num(record["within_secs"]);
  if (!denominator || within_secs === null) return null;
  return { within_secs, short_abandon_secs: num(record["short_abandon_secs"]) ?? 0, denominator };
}

/** Reads the report of today; numbers that are missing stay unknown. */
export function readToday(value: unknown): Today {
  const record = obj(value);
  const rows: unknown[] = Array.isArray(value) ? value : Array.isArray(record["queues"]) ? (record["queues"] as unknown[]) : [];
  const queues = rows.map(obj).map((row): QueueToday => ({
    queue: typeof row["queue"] === "string" ? row["queue"] : "",
    offered: num(row["offered"]) ?? 0,
    answered: num(row["answered"]) ?? 0,
    abandoned: num(row["abandoned"]) ?? 0,
    short_abandoned: num(row["short_abandoned"]) ?? 0,
    answered_in_time: num(row["answered_in_time"]) ?? 0,
    mean_wait_ms: num(row["mean_wait_ms"]),
    overdue: num(row["overdue"]) ?? 0,
  }));
  return { queues, definition: readDefinition(record["definition"] ?? obj(rows[0])["definition"]) };
}

/** The service level by its definition; null when there is nothing to divide by. */
export function serviceLevel(of: QueueToday, by: Definition): number | null {
  const base = by.denominator === "answered" ? of.answered
    : by.denominator === "offered" ? of.offered
    : of.offered - of.short_abandoned;
  return base > 0 ? of.answered_in_time / base : null;
}

/** All queues together: counts are added, and shares are reckoned from the sums. */
export function totals(today: Today): QueueToday {
  const sum = (of: (queue: QueueToday) => number) => today.queues.reduce((all, queue) => all + of(queue), 0);
  const answered = sum((queue) => queue.answered);
  return {
    queue: "",
    offered: sum((queue) => queue.offered),
    answered,
    abandoned: sum((queue) => queue.abandoned),
    short_abandoned: sum((queue) => queue.short_abandoned),
    answered_in_time: sum((queue) => queue.answered_in_time),
    mean_wait_ms: answered > 0 ? sum((queue) => (queue.mean_wait_ms ?? 0) * queue.answered) / answered : null,
    overdue: sum((queue) => queue.overdue),
  };
}

export type Alarm = "calm" | "waiting" | "soon" | "overdue";

/** A quarter of a usual target: what is due so soon needs a look. */
const SOON_MS = 30_000;

export function alarmOf(queue: QueueNow, now: number): Alarm {
  if (queue.waiting === 0 || typeof queue.oldest_due !== "number") return "calm";
  if (queue.oldest_due <= now) return "overdue";
  return queue.oldest_due - now < SOON_MS ? "soon" : "waiting";
}

/** Queues that need help first; then by name, so that calm ones stay where they are. */
export function byNeed(queues: readonly QueueNow[]): QueueNow[] {
  return [...queues].sort((a, b) =>
    (a.oldest_due ?? Number.MAX_SAFE_INTEGER) - (b.oldest_due ?? Number.MAX_SAFE_INTEGER) || a.queue.localeCompare(b.queue));
}

const ORDER: Record<Presence, number> = { ready: 0, not_answering: 1, away: 2, offline: 3 };

export function byPresence(agents: readonly AgentNow[]): AgentNow[] {
  return [...agents].sort((a, b) => ORDER[a.presence] - ORDER[b.presence] || b.used - a.used || a.agent.localeCompare(b.agent));
}

export function countBy(agents: readonly AgentNow[]): Record<Presence, number> {
  const counts: Record<Presence, number> = { ready: 0, away: 0, not_answering: 0, offline: 0 };
  for (const agent of agents) counts[agent.presence] += 1;
  return counts;
}
