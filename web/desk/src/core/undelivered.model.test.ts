import type { Message } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { undeliveredAfter, undeliveredIn } from "./undelivered.model";

const said = (seq: number, type: "contact" | "agent", kind: "text" | "note" = "text"): Message => ({
  id: `msg_${seq}`, seq, at: 0, kind, text: "…", author: { type, id: "x" } });
const came = (seq: number, permanent: boolean, recipient = "li@b.cn"): Message => ({
  id: `msg_${seq}`, seq, at: 0, kind: "notice", author: { type: "system" }, notice: { code: "undelivered", recipient, permanent, reason: "550" } });

describe("a letter that came back", () => {
  it("needs a look until the desk writes again; notes and the contact's words do not settle it", () => {
    expect(undeliveredIn([said(1, "contact"), said(2, "agent"), came(3, true), said(4, "agent", "note"), said(5, "contact")]))
      .toEqual({ seq: 3, recipient: "li@b.cn", permanent: true, more: 0 });
    expect(undeliveredIn([said(2, "agent"), came(3, true), said(4, "agent")])).toBeUndefined();
    expect(undeliveredIn([])).toBeUndefined();
  });
  it("counts whom else the report names", () => {
    const others = [{ recipient: "zhao@b.cn", reason: "552" }];
    const one: Message = { ...came(3, true), notice: { code: "undelivered", recipient: "li@b.cn", permanent: true, reason: "550", others, unnamed: 4 } };
    expect(undeliveredIn([one])?.more).toBe(5);
  });
  it("for good outweighs late, and what was told before changes nothing", () => {
    expect(undeliveredIn([came(3, false), came(4, true, "wang@a.cn"), came(5, false)])).toEqual({ seq: 4, recipient: "wang@a.cn", permanent: true, more: 0 });
    const before = undeliveredIn([came(4, true)]);
    expect(undeliveredAfter(before, came(4, true))).toBe(before);
    expect(undeliveredAfter(before, said(2, "agent"))).toBe(before);
  });
});
