import { describe, expect, it } from "vitest";
import {
  beginnings, dayValue, daysAhead, dayWords, endFor, ends, instantOf, knownZone, momentWords, ownZone, sameClock, stillAhead, windowOf, zoneName,
} from "./times.ts";

const SHANGHAI = "Asia/Shanghai";
const BERLIN = "Europe/Berlin";
const at = (text: string) => Date.parse(text);
const day = (year: number, month: number, day: number) => ({ year, month, day });

describe("an hour of a zone", () => {
  it("is found whatever the machine's zone", () => {
    expect(instantOf(day(2026, 11, 28), 9, SHANGHAI)).toBe(at("2026-11-28T01:00:00Z"));
    expect(instantOf(day(2026, 11, 28), 0, SHANGHAI)).toBe(at("2026-11-27T16:00:00Z"));
    expect(instantOf(day(2026, 12, 31), 24, BERLIN)).toBe(at("2026-12-31T23:00:00Z"));
    expect(instantOf(day(2026, 7, 1), 9, "Asia/Kathmandu")).toBe(at("2026-07-01T03:15:00Z"));
  });
  it("is none where the clocks jump over it", () => {
    expect(instantOf(day(2026, 3, 29), 2, BERLIN)).toBe(null);
    expect(instantOf(day(2026, 3, 29), 3, BERLIN)).toBe(at("2026-03-29T01:00:00Z"));
    expect(beginnings(day(2026, 3, 29), at("2026-03-28T12:00:00Z"), BERLIN, 14).map(({ hour }) => hour)).not.toContain(2);
    expect(windowOf(day(2026, 3, 29), 2, 4, BERLIN)).toBe(null);
    expect(windowOf(day(2026, 3, 29), 1, 3, BERLIN)).toEqual({ from: at("2026-03-29T00:00:00Z"), until: at("2026-03-29T01:00:00Z") });
  });
  it("is the first of both where the clocks go back", () => {
    expect(instantOf(day(2026, 10, 25), 2, BERLIN)).toBe(at("2026-10-25T00:00:00Z"));
    expect(instantOf(day(2026, 10, 25), 3, BERLIN)).toBe(at("2026-10-25T02:00:00Z"));
    expect(beginnings(day(2026, 10, 25), at("2026-10-24T12:00:00Z"), BERLIN, 14)).toHaveLength(24);
  });
  it("follows clocks that are moved by half an hour", () => {
    expect(instantOf(day(2026, 10, 4), 9, "Australia/Lord_Howe")).toBe(at("2026-10-03T22:00:00Z"));
    expect(instantOf(day(2026, 10, 3), 9, "Australia/Lord_Howe")).toBe(at("2026-10-02T22:30:00Z"));
  });
});

describe("the days and hours to choose from", () => {
  const evening = at("2026-11-27T12:40:00Z"); // 20:40 in Shanghai, 13:40 in Berlin.
  it("begin with the next hour and end after so many days", () => {
    expect(beginnings(day(2026, 11, 27), evening, SHANGHAI, 2).map(({ hour }) => hour)).toEqual([21, 22, 23]);
    expect(daysAhead(evening, SHANGHAI, 2)).toEqual([day(2026, 11, 27), day(2026, 11, 28), day(2026, 11, 29)]);
    expect(beginnings(day(2026, 11, 29), evening, SHANGHAI, 2).at(-1)?.hour).toBe(20);
  });
  it("are those of the zone, not of the machine", () => {
    expect(beginnings(day(2026, 11, 27), evening, BERLIN, 1)[0]?.hour).toBe(14);
    const night = at("2026-11-27T15:30:00Z"); // 23:30 in Shanghai.
    expect(daysAhead(night, SHANGHAI, 1)).toEqual([day(2026, 11, 28)]);
    expect(daysAhead(night, BERLIN, 1)).toEqual([day(2026, 11, 27), day(2026, 11, 28)]);
  });
  it("cross the end of a month and a year", () => {
    expect(daysAhead(at("2026-12-31T04:00:00Z"), SHANGHAI, 1).map(dayValue)).toEqual(["2026-12-31", "2027-1-1"]);
  });
  it("know none where no time may be wished for", () => {
    expect(daysAhead(evening, SHANGHAI, 0)).toEqual([]);
  });
  it("keep a window within its day", () => {
    expect(endFor(day(2026, 11, 27), 9, SHANGHAI)).toBe(11);
    expect(endFor(day(2026, 11, 27), 9, SHANGHAI, 4)).toBe(13);
    expect(endFor(day(2026, 11, 27), 23, SHANGHAI)).toBe(24);
    expect(ends(day(2026, 11, 27), 22, SHANGHAI).map(({ hour }) => hour)).toEqual([23, 24]);
    expect(ends(day(2026, 3, 29), 1, BERLIN)[0]?.hour).toBe(3);
  });
});

describe("what is kept of a window", () => {
  it("is what still lies ahead", () => {
    expect(stillAhead({ from: 2e6, until: 9e6 }, 1e6)).toEqual({ from: 2e6, until: 9e6 });
    expect(stillAhead({ from: 1e6, until: 9e6 }, 2e6)).toEqual({ until: 9e6 });
    expect(stillAhead({ from: 1e6, until: 3e6 }, 2.5e6)).toEqual({});
    expect(stillAhead({ from: null, until: null }, 0)).toEqual({});
  });
});

describe("the words of a time", () => {
  const now = at("2026-11-27T12:40:00Z");
  it("name the day as the zone has it", () => {
    const tomorrow = { from: at("2026-11-28T01:00:00Z"), until: at("2026-11-28T03:00:00Z") };
    expect(momentWords(tomorrow, now, SHANGHAI, "en").replaceAll("\u2060", "")).toBe("tomorrow 09:00–11:00");
    expect(momentWords(tomorrow, now, SHANGHAI, "zh-CN").replaceAll("\u2060", "")).toBe("明天 09:00–11:00");
    expect(momentWords({ from: tomorrow.from }, now, "America/Los_Angeles", "en")).toBe("today 17:00");
    expect(momentWords({ from: at("2026-11-28T14:00:00Z"), until: at("2026-11-28T16:00:00Z") }, now, SHANGHAI, "en").replaceAll("\u2060", "")).toBe("tomorrow 22:00–24:00");
    expect(momentWords({ from: at("2026-11-28T14:00:00Z"), until: at("2026-11-29T02:00:00Z") }, now, SHANGHAI, "en")).toBe("tomorrow 22:00 – Sun, Nov 29 10:00");
    expect(dayWords(day(2026, 12, 3), now, SHANGHAI, "zh-CN")).toMatch(/12月3日/u);
  });
  it("name the zone, and know when it matters", () => {
    expect(zoneName(SHANGHAI, now, "en")).toBe("China Standard Time");
    expect(zoneName(SHANGHAI, now, "zh-CN")).toBe("中国标准时间");
    expect(sameClock(SHANGHAI, "Asia/Singapore", now)).toBe(true);
    expect(sameClock(SHANGHAI, BERLIN, now)).toBe(false);
  });
  it("fall back to the machine's zone where a zone is unknown", () => {
    expect(knownZone("Mars/Olympus")).toBe(ownZone());
    expect(knownZone(null)).toBe(ownZone());
    expect(knownZone(SHANGHAI)).toBe(SHANGHAI);
  });
});
