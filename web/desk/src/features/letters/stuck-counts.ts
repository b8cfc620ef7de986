/** How many letters are stuck, for the rail and the tabs: asked for now and then, and after each step. */
import type { DeadLetter, QuarantinedLetter } from "@hutong/api-client";
import { signal } from "@preact/signals";
import { mayAs } from "../../core/names";
import { api } from "../../core/session";
import { conversationOf } from "./model";
import { COUNT_MAX } from "./stuck.model";

/** Letters stay stuck for hours; a minute is soon enough. */
const EVERY_MS = 60_000;

export interface StuckCounts {
  quarantine: number;
  /** Everything that was given up on its way out, webhooks too. */
  dead: number;
  deadLetters: number;
}

export const stuckCounts = signal<StuckCounts>({ quarantine: 0, dead: 0, deadLetters: 0 });

/** Counts anew; what cannot be counted now keeps its last count. */
export async function countStuck() {
  const limit = COUNT_MAX + 1;
  const [aside, dead] = await Promise.allSettled([
    api.get<QuarantinedLetter[]>("/quarantine", { limit }),
    mayAs("admin") ? api.get<DeadLetter[]>("/deliveries/dead", { limit }) : Promise.resolve([]),
  ]);
  const { value } = stuckCounts;
  stuckCounts.value = {
    quarantine: aside.status === "fulfilled" ? aside.value.length : value.quarantine,
    dead: dead.status === "fulfilled" ? dead.value.length : value.dead,
    deadLetters: dead.status === "fulfilled" ? dead.value.filter((one) => conversationOf(one.endpoint) !== null).length : value.deadLetters,
  };
}

/** Keeps counting for as long as the desk is shown; the answer ends it. */
export function followStuck(): () => void {
  const look = () => {
    if (!document.hidden) void countStuck();
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
