import { describe, expect, it } from "vitest";
import { alarmOf, byNeed, byPresence, countBy, readToday, serviceLevel, totals, type AgentNow, type QueueNow } from "./model";

const queue = (name: string, waiting: number, oldest_due: number | null): QueueNow => ({ queue: name, waiting, oldest_due });
const agent = (name: string, presence: AgentNow["presence"], used = 0): AgentNow => ({
  agent: name, name, presence, since: 0, used, units: 100, held: 0 });

describe("the live view", () => {
  it("raises an alarm by the oldest due time", () => {
    expect(alarmOf(queue("tax", 0, null), 1000)).toBe("calm");
    expect(alarmOf(queue("tax", 1, 500), 1000)).toBe("overdue");
    expect(alarmOf(queue("tax", 1, 20_000), 1000)).toBe("soon");
    expect(alarmOf(queue("tax", 1, 90_000), 1000)).toBe("waiting");
  });
  it("puts the queue that needs help first", () => {
    expect(byNeed([queue("b", 0, null), queue("c", 2, 90), queue("a", 0, null)]).map((each) => each.queue)).toEqual(["c", "a", "b"]);
  });
  it("puts those who take work first, and counts all", () => {
    const agents = [agent("a", "offline"), agent("b", "ready", 30), agent("c", "ready", 60), agent("d", "not_answering")];
    expect(byPresence(agents).map((each) => each.agent)).toEqual(["c", "b", "d", "a"]);
    expect(countBy(agents)).toEqual({ ready: 2, away: 0, not_answering: 1, offline: 1 });
  });
  it("adds queues up without averaging averages", () => {
    const definition = { within_secs: 120, short_abandon_secs: 5, denominator: "offered_less_short_abandons" };
    const today = readToday([
      { queue: "a", offered: 90, answered: 90, abandoned: 0, short_abandoned: 0, answered_in_time: 81, mean_wait_ms: 1000, overdue: 2, definition },
      { queue: "b", offered: 20, answered: 10, abandoned: 10, short_abandoned: 10, answered_in_time: 9, mean_wait_ms: 11_000, overdue: 1, definition }]);
    const all = totals(today);
    expect(all).toMatchObject({ offered: 110, abandoned: 10, mean_wait_ms: 2000, overdue: 3 });
    expect(today.definition && serviceLevel(all, today.definition)).toBe(0.9);
  });
  it("says nothing of a day without numbers", () => {
    const empty = readToday([]);
    expect(empty.definition).toBeNull();
    expect(totals(empty)).toMatchObject({ offered: 0, mean_wait_ms: null });
    expect(serviceLevel(totals(empty), { within_secs: 1, short_abandon_secs: 0, denominator: "answered" })).toBeNull();
  });
});
