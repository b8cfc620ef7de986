import { describe, expect, it } from "vitest";
import { readLane, readWhy } from "./model";

describe("the decision record", () => {
  it("is read as the switchboard writes it", () => {
    const why = readWhy(JSON.parse(
      '{"trigger":"arrival","lane":"w|tax:4,zh:1||","rule":"longest_idle","waited_ms":420,"groups":3,"eligible":2,' +
        '"passed_over":[{"agent":"li-na","why":"capacity"},{"lane":"e|law:3||","why":"skills"}]}',
    ));
    expect(why?.eligible).toBe(2);
    expect(why?.passed_over).toEqual([{ agent: "li-na", why: "capacity" }, { lane: "e|law:3||", why: "skills" }]);
  });
  it("is nothing when it is missing or foreign", () => {
    expect(readWhy(null)).toBeNull();
    expect(readWhy({ lane: 3 })).toBeNull();
    expect(readWhy({ lane: "w|||", passed_over: {} })?.passed_over).toEqual([]);
  });
  it("takes lanes apart", () => {
    expect(readLane("w|tax:4,zh:1||li-na,wang")).toEqual({
      kind: "web_chat", skills: [["tax", 4], ["zh", 1]], only: "", excluded: ["li-na", "wang"] });
    expect(readLane("p||zhao|")).toEqual({ kind: "phone", skills: [], only: "zhao", excluded: [] });
    expect(readLane("").kind).toBeNull();
  });
});
