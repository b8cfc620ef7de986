/** Choices on letting go of a conversation. */

/** What came of a conversation, in the order in which it is asked. */
export const RESOLUTIONS = ["solved", "unsolved", "forwarded", "no_answer"] as const;

export type SnoozeChoice = "hour" | "afternoon" | "tomorrow" | "monday";

const at = (now: number, days: number, hour: number) => {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, hour).getTime();
};

/** Times to rest until, all in the future and in order. */
export function snoozeTimes(now: number): { choice: SnoozeChoice; at: number }[] {
  const weekday = new Date(now).getDay();
  const toMonday = ((8 - weekday) % 7) || 7;
  const times: { choice: SnoozeChoice; at: number }[] = [{ choice: "hour", at: now + 3_600_000 }];
  const afternoon = at(now, 0, 14);
  if (afternoon > now + 3_600_000) times.push({ choice: "afternoon", at: afternoon });
  times.push({ choice: "tomorrow", at: at(now, 1, 9) });
  if (toMonday > 1) times.push({ choice: "monday", at: at(now, toMonday, 9) });
  return times;
}

/** What an input of date and time says, if it is a time to come. */
export function chosenTime(text: string, now: number): number | null {
  const found = new Date(text).getTime();
  return Number.isFinite(found) && found > now ? found : null;
}

/** People and queues that fit a search, by name or id. */
export function search<T extends { id: string; name: string }>(items: readonly T[], query: string): T[] {
  const wanted = query.trim().toLowerCase();
  return items.filter((item) => item.name.toLowerCase().includes(wanted) || item.id.toLowerCase().includes(wanted));
}
