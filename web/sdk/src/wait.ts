/** Honest words about the place in the queue and the wait. */
import type { Position } from "@hutong/api-client";

/** A text by its key in the catalogue, with what fills it. */
export interface Words {
  key: string;
  params: Record<string, number>;
}

/** The place in the queue, in plain words and never more exact than it is. */
export function placeWords(position: Position): Words {
  const { before_min: min, before_max: max } = position;
  if (max <= 0) return { key: "wait_next", params: {} };
  if (min >= max) return { key: "wait_before", params: { n: max } };
  if (min === 0) return { key: "wait_before_at_most", params: { n: max } };
  return { key: "wait_before_range", params: { min, max } };
}

/** The wait, rounded so that it is not broken: the least down, the most up. Null when nothing can be said. */
export function waitWords(position: Position): Words | null {
  if (position.agents === 0) return { key: "wait_nobody", params: {} };
  const { wait_secs_min: least, wait_secs_max: most } = position;
  if (typeof most !== "number") return null;
  const min = Math.floor((least ?? 0) / 60);
  const max = Math.ceil(most / 60);
  if (max <= 1) return { key: "wait_under_minute", params: {} };
  if (min === 0) return { key: "wait_up_to", params: { n: max } };
  if (min >= max) return { key: "wait_about", params: { n: max } };
  return { key: "wait_range", params: { min, max } };
}
