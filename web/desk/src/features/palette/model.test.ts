import { describe, expect, it } from "vitest";
import { findCommands, fit, isTyping, type Command } from "./model";

const command = (label: string): Command => ({ id: label, label, group: "", run: () => {} });

describe("the palette", () => {
  it("finds whole words before scattered letters", () => {
    expect(fit("Transfer", "trans")).toBe(0);
    expect(fit("Transfer", "tfr")).toBeGreaterThan(99);
    expect(fit("Transfer", "xyz")).toBeNull();
    const found = findCommands([command("Go to tax"), command("Transfer"), command("Away")], "ta");
    expect(found[0]?.label).toBe("Go to tax");
  });
  it("shows everything, in order, for nothing typed", () => {
    expect(findCommands([command("b"), command("a")], "").map((each) => each.label)).toEqual(["b", "a"]);
  });
  it("finds Chinese", () => {
    expect(findCommands([command("转接"), command("结束会话")], "会话")).toHaveLength(1);
  });
  it("leaves keys to those who write", () => {
    expect(isTyping({ tagName: "TEXTAREA" } as unknown as EventTarget)).toBe(true);
    expect(isTyping({ tagName: "BUTTON" } as unknown as EventTarget)).toBe(false);
    expect(isTyping(null)).toBe(false);
  });
});
