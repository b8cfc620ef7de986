import { describe, expect, it } from "vitest";
import { carriesFiles, openOf, PARTS_MAX, partsOf, refusalOf, wayOf, type ContactLine } from "./line.model";
import { split } from "./split";

const HOUR = 3_600_000;
const now = Date.UTC(2026, 10, 25, 6);
const line = (window: ContactLine["window"], more: Partial<ContactLine> = {}): ContactLine => ({
  channel: "wechat", adapter: "wecom_kf", window, text_bytes_max: 40, file_bytes_max: 1024, file_endings: [], link_hours: 0, receipts: false, edits: true, buttons: true, proactive: false, ...more });

describe("the line to a contact", () => {
  it("is open until a time and for so many answers", () => {
    expect(openOf(line({}), now)).toEqual({ state: "always" });
    expect(openOf(line({ until: now + 47 * HOUR, left: 3 }), now)).toEqual({ state: "open", until: now + 47 * HOUR, left: 3 });
    expect(openOf(line({ until: now + 47 * HOUR, left: 1 }), now).state).toBe("soon");
    expect(openOf(line({ until: now + HOUR }), now).state).toBe("soon");
  });
  it("is closed when the time is over, or the last answer was said", () => {
    expect(openOf(line({ until: now, left: 5 }), now)).toEqual({ state: "closed", why: "time" });
    expect(openOf(line({ until: now + 9 * HOUR, left: 0 }), now)).toEqual({ state: "closed", why: "count" });
  });
  it("tells before sending why an answer cannot leave", () => {
    const open = line({ until: now + 9 * HOUR, left: 2 });
    expect(refusalOf(open, 2, now)).toBeNull();
    expect(refusalOf(open, 3, now)).toBe("too_many");
    expect(refusalOf(line({}), PARTS_MAX + 1, now)).toBe("too_long");
    expect(refusalOf(line({ left: 0 }), 1, now)).toBe("closed");
  });
  it("carries files only where it says how large they may be", () => {
    expect(carriesFiles(line({}, { file_bytes_max: 0 }))).toBe(false);
    expect(carriesFiles(line({}, { file_bytes_max: 1 }))).toBe(true);
    expect(carriesFiles(line({}, { file_bytes_max: 0, link_hours: 24 }))).toBe(true);
  });
  it("sends what the network does not take as a link, where that is allowed", () => {
    const small = { name: "通知.PDF", size: 1024 };
    expect(wayOf(line({}), small)).toBe("file");
    expect(wayOf(line({}), { ...small, size: 1025 })).toBeNull();
    expect(wayOf(line({}, { link_hours: 24 }), { ...small, size: 1025 })).toBe("link");
    const choosy = line({}, { file_endings: ["pdf"], link_hours: 24 });
    expect(wayOf(choosy, small)).toBe("file");
    for (const name of ["a.txt", "pdf", "a.pdf.exe"]) expect(wayOf(choosy, { ...small, name })).toBe("link");
  });
  it("counts a long text and each file", () => {
    const long = "第一段说明材料。\n第二段说明时间，请于工作日前来。谢谢";
    expect([partsOf(long, 2, line({})), partsOf("您好", 0, line({})), partsOf("  ", 1, line({}))]).toEqual([5, 1, 1]);
  });
});

describe("a long text", () => {
  it("is divided as the gateway divides it", () => {
    expect(split("您好", 6)).toEqual(["您好"]);
    expect(split("  \n ", 100)).toEqual([]);
    expect(split("第一段说明材料。\n第二段说明时间，请于工作日前来。谢谢", 40)).toEqual(["第一段说明材料。", "第二段说明时间，", "请于工作日前来。谢谢"]);
    expect(split("One. See v1.2.3 at a.example. Two", 30)).toEqual(["One. See v1.2.3 at a.example.", " Two"]);
    expect(split("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
    expect(split("互通", 2)).toEqual(["互", "通"]);
  });
  it("loses nothing but blanks at the seams", () => {
    const alphabet = [..."ab 。，.\n互😀"];
    let state = 7;
    const next = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const bare = (text: string) => text.replace(/\s/gu, "");
    for (let round = 0; round < 200; round += 1) {
      const text = Array.from({ length: next(200) }, () => alphabet[next(alphabet.length)]).join("");
      const most = 4 + next(56);
      const parts = split(text, most);
      expect(parts.every((part) => new TextEncoder().encode(part).length <= most && part.trim() !== "")).toBe(true);
      expect(bare(parts.join(""))).toBe(bare(text));
    }
  });
});
