/** The order of the work, what is due when, and how a list keeps still. */
import type { ConversationSummary } from "@hutong/api-client";
import { awaitsReply } from "../../core/desk.model";

export interface Due {
  at: number;
  /** The share that is left, 1 to 0; below 0 it is overdue. */
  left: number;
  tone: "waiting" | "soon" | "overdue";
}

/** The shortest time that a ring stands for, so that a target of zero still shows something. */
const SPAN_MIN_MS = 60_000;
const SOON_SHARE = 0.25;

/** When the next word is due: the due time until the first reply, and as long again after each later
 * word of the contact. Nothing is due while the contact has the next word. */
export function dueOf(one: ConversationSummary, now: number): Due | null {
  const span = Math.max(SPAN_MIN_MS, one.due_at - one.arrived_at);
  const at = dueAt(one, span);
  if (at === null) return null;
  const left = (at - now) / span;
  return { at, left, tone: left <= 0 ? "overdue" : left < SOON_SHARE ? "soon" : "waiting" };
}

function dueAt(one: ConversationSummary, span: number): number | null {
  if (one.state === "queued" || one.state === "offered") return one.due_at;
  if (!awaitsReply(one)) return null;
  const last = one.last_message;
  const accepted = one.accepted_at ?? one.arrived_at;
  if (!last || last.author.type !== "contact" || last.at <= accepted) return one.due_at;
  // Letters are due in working hours, which only the gateway counts: no time is made up for a later letter.
  if (one.kind === "email") return last.at < one.due_at ? one.due_at : null;
  return last.at + span;
}

/** Since when a letter waits for which no due time is known; null when there is none. */
export function waitsSince(one: ConversationSummary): number | null {
  const last = one.last_message;
  return one.kind === "email" && awaitsReply(one) && last?.author.type === "contact" && last.kind === "text" ? last.at : null;
}

/** Due order, which waiting never changes; the id settles ties. */
export function byDue(a: ConversationSummary, b: ConversationSummary): number {
  return a.due_at - b.due_at || a.id.localeCompare(b.id);
}

/** What a list shows while the pointer is over it: nothing moves, newcomers wait at the edge. */
export function keepStill(shown: readonly string[], next: readonly string[]): { order: readonly string[]; waiting: number } {
  const seen = new Set(shown);
  return { order: shown, waiting: next.filter((id) => !seen.has(id)).length };
}

/** The neighbour of a row, for j and k; the first when none is chosen. */
export function neighbour(order: readonly string[], current: string | null, step: 1 | -1): string | null {
  const at = current === null ? -1 : order.indexOf(current);
  if (at < 0) return (step === 1 ? order[0] : order.at(-1)) ?? null;
  return order[Math.min(order.length - 1, Math.max(0, at + step))] ?? null;
}
