import { describe, expect, it } from "vitest";
import { embedSnippet, isId, readDays, readHours, wholeNumber, writeDays, writeHours } from "./model";

describe("the forms of the settings", () => {
  it("take ids that the gateway takes", () => {
    expect(["tax", "li-na", "q_1"].every(isId)).toBe(true);
    expect(["Tax", "", "-a", "税", "a b"].some(isId)).toBe(false);
  });
  it("keep the old number when what was typed is none", () => {
    expect([wholeNumber("30", 5), wholeNumber("", 5), wholeNumber("-1", 5), wholeNumber("1.5", 5)]).toEqual([30, 5, 5, 5]);
  });
  it("read and write opening hours as people do", () => {
    expect(readHours("9:00-12:00，13:30–17:30")).toEqual([{ from: "09:00", to: "12:00" }, { from: "13:30", to: "17:30" }]);
    expect(readHours("")).toEqual([]);
    expect(readHours("17:00-9:00")).toBeNull();
    expect(readHours("9-12")).toBeNull();
    expect(writeHours([{ from: "00:00", to: "24:00" }])).toBe("00:00-24:00");
  });
  it("read and write days that differ", () => {
    const text = "2026-10-01\n2026-10-10 09:00-17:00";
    expect(readDays(text)).toEqual({ "2026-10-01": [], "2026-10-10": [{ from: "09:00", to: "17:00" }] });
    expect(writeDays(readDays(text) ?? {})).toBe(text);
    expect(readDays("tomorrow")).toBeNull();
  });
  it("give the line for a website", () => {
    expect(embedSnippet("https://desk.gov.example", "web")).toBe(
      '<script src="https://desk.gov.example/widget/loader.js" data-channel="web" async></script>');
  });
});
