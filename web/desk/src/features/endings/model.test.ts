import { describe, expect, it } from "vitest";
import { chosenTime, search, snoozeTimes } from "./model";

const monday = (hour: number) => new Date(2026, 7, 3, hour).getTime();

describe("resting", () => {
  it("offers times to come, in order", () => {
    const morning = snoozeTimes(monday(9));
    expect(morning.map((each) => each.choice)).toEqual(["hour", "afternoon", "tomorrow", "monday"]);
    expect(morning.map((each) => each.at)).toEqual([...morning.map((each) => each.at)].sort((a, b) => a - b));
    expect(new Date(morning[3]?.at ?? 0).getDay()).toBe(1);
  });
  it("does not say the same morning twice on a Sunday", () => {
    const sunday = new Date(2026, 7, 2, 15).getTime();
    expect(snoozeTimes(sunday).map((each) => each.choice)).toEqual(["hour", "tomorrow"]);
  });
  it("takes a chosen time only when it is to come", () => {
    expect(chosenTime("2026-08-04T10:00", monday(9))).toBe(new Date(2026, 7, 4, 10).getTime());
    expect(chosenTime("2026-08-01T10:00", monday(9))).toBeNull();
    expect(chosenTime("", monday(9))).toBeNull();
  });
});

describe("searching", () => {
  it("finds by name and by id", () => {
    const people = [{ id: "li-na", name: "李娜" }, { id: "wang-wei", name: "王伟" }];
    expect(search(people, "王")).toHaveLength(1);
    expect(search(people, "LI-")).toHaveLength(1);
    expect(search(people, "li")).toHaveLength(1);
  });
});
