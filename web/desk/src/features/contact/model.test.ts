import { describe, expect, it } from "vitest";
import { attributeText, deviceStand, identityText, safePage } from "./model";

describe("foreign facts", () => {
  it("are shown as text, and cut when long", () => {
    expect(attributeText("<b>企业</b>")).toBe("<b>企业</b>");
    expect(attributeText({ level: 3 })).toBe('{"level":3}');
    expect(attributeText("x".repeat(400))).toHaveLength(301);
  });
  it("show a visitor's mark in short, and addresses whole", () => {
    const visitor = { channel: "website", kind: "visitor", value: "542dabe8162643b59fbe3c4e30dc494f", verified: false };
    expect(identityText(visitor)).toBe("#542dabe8");
    expect(identityText({ ...visitor, kind: "email", value: "machao@city.example" })).toBe("machao@city.example");
  });
  it("lead only to pages of the web", () => {
    expect(safePage("https://gov.example/tax")).toBe("https://gov.example/tax");
    expect(safePage("javascript:alert(1)")).toBeNull();
    expect(safePage("not a page")).toBeNull();
    expect(safePage(null)).toBeNull();
  });
});

describe("a device", () => {
  const one = { last_seq: 7, read_by_contact: 4 };
  it("stands as far as what was said has come", () => {
    expect(deviceStand({ in_front: true, told_to: 0 }, one)).toBe("here");
    expect(deviceStand({ in_front: false, told_to: 4 }, one)).toBe("waits");
    expect(deviceStand({ in_front: false, told_to: 6 }, one)).toBe("told");
    expect(deviceStand({ in_front: false, told_to: 0 }, { ...one, read_by_contact: 7 })).toBe("read");
  });
});
