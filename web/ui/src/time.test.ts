import { describe, expect, it } from "vitest";
import { clockText, dayText, durationText, relativeText, timeText } from "./time";

const noon = new Date(2026, 7, 3, 12, 0, 0).getTime();

describe("times in words", () => {
  it("counts clocks without negative digits", () => {
    expect(clockText(-5)).toBe("0:00");
    expect(clockText(42_999)).toBe("0:42");
    expect(clockText(3_800_000)).toBe("1:03:20");
  });
  it("names durations in one unit", () => {
    expect(durationText(42_000, "en")).toBe("42 sec");
    expect(durationText(12 * 60_000, "zh-CN")).toBe("12分钟");
  });
  it("says relative times near, and the time of day further away", () => {
    expect(relativeText(noon - 20_000, noon, "en")).toBe("now");
    expect(relativeText(noon - 5 * 60_000, noon, "zh-CN")).toBe("5分钟前");
    expect(relativeText(noon - 3 * 3_600_000, noon, "en")).toBe("09:00");
  });
  it("names yesterday, today and tomorrow", () => {
    expect(dayText(noon + 86_400_000, noon, "zh-CN")).toBe("明天");
    expect(dayText(noon, noon, "zh-CN")).toBe("今天");
    expect(dayText(noon - 86_400_000, noon, "en")).toBe("yesterday");
  });
  it("writes midnight as 00", () => {
    expect(timeText(new Date(2026, 7, 3, 0, 5).getTime(), "en")).toBe("00:05");
  });
});
