import { describe, expect, it } from "vitest";
import { contrast, parseColor, themeOf } from "./theme.ts";

const rgb = (text: string) => {
  const parsed = parseColor(text);
  if (parsed === null) throw new Error(text);
  return parsed;
};

describe("the theme", () => {
  it("reads the two hex forms and nothing else", () => {
    expect(parseColor("#1f5eff")).toEqual([31, 94, 255]);
    expect(parseColor(" #FFF ")).toEqual([255, 255, 255]);
    for (const bad of ["red", "#12345", "url(x)", "#1f5eff;}", ""]) expect(parseColor(bad)).toBeNull();
  });

  it.each(["#1f5eff", "#c8102e", "#ffd400", "#ffffff", "#000000", "#7f7f7f", "#2e8b57", "#00b7c3", "nonsense"])(
    "keeps every text readable for %s in both themes",
    (color) => {
      for (const dark of [false, true]) {
        const theme = themeOf(color, dark);
        const ground = dark ? rgb("#151920") : rgb("#ffffff");
        expect(contrast(rgb(theme.onBrand), rgb(theme.brand))).toBeGreaterThanOrEqual(4.5);
        expect(contrast(rgb(theme.ink), ground)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(rgb(theme.ink), rgb(theme.tint))).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it("leaves a readable colour as it is", () => {
    expect(themeOf("#1f5eff", false).brand).toBe("#1f5eff");
    expect(themeOf("#1f5eff", false).onBrand).toBe("#ffffff");
  });
});
