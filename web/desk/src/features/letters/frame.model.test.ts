import { describe, expect, it } from "vitest";
import { estimatedHeight, frameHeight, HEIGHT_FOLDED_PX } from "./frame.model";

describe("the frame of a letter", () => {
  it("begins as high as the letter seems, within bounds", () => {
    expect(frameHeight(estimatedHeight("<p>好</p>", 700))).toBe(96);
    expect(frameHeight(estimatedHeight("<p>一段话。</p>".repeat(100), 700))).toBe(HEIGHT_FOLDED_PX);
    expect(frameHeight(estimatedHeight("x".repeat(300_000), 700))).toBe(HEIGHT_FOLDED_PX);
    const some = frameHeight(estimatedHeight("<p>您好：</p><p>请协助核查。</p><p>谢谢！</p><p>王强</p><p>区教育局</p>", 700));
    expect(some > 150 && some < 260).toBe(true);
  });
  it("is higher where lines are shorter, and Chinese takes more room than English", () => {
    const long = `<p>${"清单".repeat(100)}</p>`;
    expect(estimatedHeight(long, 320)).toBeGreaterThan(estimatedHeight(long, 800));
    expect(estimatedHeight(long, 320)).toBeGreaterThan(estimatedHeight(`<p>${"ab".repeat(100)}</p>`, 320));
  });
  it("counts pictures by the height that they claim, rows of tables, and no markup as words", () => {
    const bare = estimatedHeight("<p>x</p>", 700);
    expect(estimatedHeight("<p>x</p><img src=\"data:,\" height=\"200\">", 700) - bare).toBeCloseTo(230);
    expect(estimatedHeight("<p>x</p><img style=\"width:10px;height:100px\">", 700) - bare).toBeCloseTo(115);
    expect(estimatedHeight(`<p style="${"color:red;".repeat(200)}">x</p>`, 700)).toBe(bare);
    expect(estimatedHeight("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", 700)).toBeGreaterThan(bare);
  });
});
