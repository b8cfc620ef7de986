import { describe, expect, it } from "vitest";
import { format, paramsOf } from "./texts";

describe("texts", () => {
  it("fills parameters and leaves a missing one visible", () => {
    expect(format("{name} waits since {time}", { name: "王芳" }, "en")).toBe("王芳 waits since {time}");
  });
  it("chooses the plural form by language", () => {
    const en = "{n, plural, =0 {nobody waits} one {# person waits} other {# people wait}}";
    expect(format(en, { n: 0 }, "en")).toBe("nobody waits");
    expect(format(en, { n: 1 }, "en")).toBe("1 person waits");
    expect(format(en, { n: 1200 }, "en")).toBe("1,200 people wait");
    expect(format("{n, plural, other {# 人等待}}", { n: 2 }, "zh-CN")).toBe("2 人等待");
  });
  it("fills parameters inside plural forms", () => {
    expect(format("{n, plural, other {# of {all}}}", { n: 2, all: 9 }, "en")).toBe("2 of 9");
  });
  it("does not read parameters as texts", () => {
    expect(format("{a}", { a: "{b}", b: "no" }, "en")).toBe("{b}");
  });
  it("names the parameters of a text", () => {
    expect(paramsOf("{n, plural, one {# by {who}} other {# by {who}}} at {time}")).toEqual(["n", "time", "who"]);
  });
});
