import { describe, expect, it } from "vitest";
import { addressOf, badgeOf, conversationOf, isSeen, readPayload, shownAs } from "./push.model.ts";

const payload = { id: "dlv_1", conversation: "cnv_1", channel: "app", kind: "answer" as const, seq: 7, title: "林芳", body: "您好", badge: 2 };

describe("a push", () => {
  it("is shown only when it is one", () => {
    expect(readPayload(JSON.stringify(payload))).toEqual(payload);
    for (const text of ["", "null", "[]", "{", '{"title":"x"}', JSON.stringify({ ...payload, title: "" })]) expect(readPayload(text), text).toBeNull();
  });
  it("is not shown to somebody who reads that conversation", () => {
    expect(isSeen(payload, [{ visible: true, conversation: "cnv_1" }])).toBe(true);
    expect(isSeen(payload, [{ visible: true, conversation: null }, { visible: false, conversation: "cnv_1" }])).toBe(false);
    expect(isSeen(payload, [])).toBe(false);
  });
  it("takes the place of the one before in its conversation", () => {
    expect(shownAs(payload)).toMatchObject({ tag: "cnv_1", body: "您好", data: { conversation: "cnv_1", seq: 7 } });
  });
  it("opens its conversation", () => {
    expect(conversationOf(new URL(addressOf("cnv_1 &"), "https://x/app/").search)).toBe("cnv_1 &");
  });
  it("counts on the icon, and never what is no number", () => {
    expect([badgeOf(payload), badgeOf({ ...payload, badge: "3" as never }), badgeOf({ ...payload, badge: -1 }), badgeOf({ ...payload, badge: "x" as never })]).toEqual([2, 3, 0, 0]);
  });
});
