import { describe, expect, it } from "vitest";
import { initials } from "./bits";

describe("the letters of a name", () => {
  it("are the given name's last character, two initials, or the surname before a title", () => {
    expect(["王明", "区市场监管局 老胡", "马先生", "李女士", "先生", "Emma Zhou", "周艾玛 Emma", " "].map(initials))
      .toEqual(["明", "胡", "马", "李", "生", "EZ", "玛", ""]);
  });
});
