import type { Correspondence, Message } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import {
  addresseesOf, failuresIn, framePage, goesElsewhere, hasMore, isAddress, leftOut, ownIn, peopleIn, problemOf, proposed, readAddresses, speaksOfFile,
  subjectIn, trustOf, withAddresses,
} from "./model";

const wang = { address: "wang@a.cn", name: "王强" };
const li = { address: "li@b.cn", name: "" };
const known: Correspondence = {
  reply: { to: [wang], subject: "Re: 附件" }, reply_all: { to: [wang], cc: [li], subject: "Re: 附件" } };

describe("addresses as people type them", () => {
  it("are checked as the gateway does", () => {
    expect(["a@b", "王强@例子.cn", "first.last+tag@x.gov.cn"].every(isAddress)).toBe(true);
    expect(["", "a", "@b.cn", "a@", "a@b..cn", "a@b@c.cn", "a b@c.cn", "a@b.cn\n", "a<b@c.cn", `${"x".repeat(65)}@b.cn`].some(isAddress)).toBe(false);
  });
  it("may come with names, in quotes, several at once and with both scripts' marks", () => {
    const { found, bad } = readAddresses('王强 <wang@A.CN>；"Li, Na" <li@b.cn>, x@c.cn y@d.cn，nobody');
    expect(found).toEqual([{ address: "wang@a.cn", name: "王强" }, { address: "li@b.cn", name: "Li, Na" }, { address: "x@c.cn", name: "" }, { address: "y@d.cn", name: "" }]);
    expect(bad).toEqual(["nobody"]);
    expect(readAddresses(" , ; ")).toEqual({ found: [], bad: [] });
  });
  it("stand once, whatever their case", () => {
    expect(withAddresses([wang], [{ address: "WANG@a.cn", name: "" }, li])).toEqual([wang, li]);
  });
});

describe("an answer", () => {
  it("goes to the sender alone unless all are wanted", () => {
    expect(proposed(known, false)).toEqual({ all: false, to: [wang], cc: [], subject: "Re: 附件", edited: false });
    expect(proposed(known, true).cc).toEqual([li]);
    expect([hasMore(known), hasMore({ ...known, reply_all: known.reply })]).toEqual([true, false]);
  });
  it("says why it cannot leave", () => {
    const draft = proposed(known, true);
    expect(problemOf(draft, "")).toBeNull();
    expect(problemOf(draft, "wang@")).toBe("bad_address");
    expect(problemOf({ ...draft, to: [] }, "")).toBe("nobody");
    expect(problemOf({ ...draft, cc: Array.from({ length: 100 }, (_, n) => ({ address: `a${n}@b.cn` })) }, "")).toBe("too_many");
    expect(problemOf({ ...draft, subject: "x".repeat(501) }, "")).toBe("bad_subject");
    expect(problemOf({ ...draft, subject: "a\u0000b" }, "")).toBe("bad_subject");
  });
  it("names nobody twice, and leaves an empty subject to the gateway", () => {
    expect(addresseesOf({ ...proposed(known, true), cc: [li, { address: "Wang@a.cn" }], subject: " " })).toEqual({ to: [wang], cc: [li] });
  });
  it("tells who read along and is left out", () => {
    expect(leftOut(known, proposed(known, false))).toEqual([li]);
    expect(leftOut(known, proposed(known, true))).toEqual([]);
    expect(leftOut(known, { ...proposed(known, false), cc: [{ address: "LI@b.cn" }] })).toEqual([]);
  });
  it("does not go to the desk itself, with or without what leads an answer home", () => {
    const own = new Set(["help@city.cn"]);
    const draft = proposed(known, true);
    expect(problemOf({ ...draft, cc: [{ address: "Help+abc@CITY.cn" }] }, "", own)).toBe("ourselves");
    expect(problemOf(draft, "help@city.cn", own)).toBe("ourselves");
    expect(problemOf({ ...draft, cc: [{ address: "helper@city.cn" }] }, "", own)).toBeNull();
  });
  it("speaks of a file of its own, not of theirs nor in a quote", () => {
    expect(["办理说明见附件。", "随信附上清单", "Please see the attached form"].map(speaksOfFile)).toEqual([true, true, true]);
    expect(["您的附件已收到。", "> 见附件", "已受理，谢谢。", "unattached"].map(speaksOfFile)).toEqual([false, false, false, false]);
  });
  it("notices that a newer letter would change whom it reaches", () => {
    expect(goesElsewhere(known, { ...known, reply: { ...known.reply, subject: "Re: other" } })).toBe(false);
    expect(goesElsewhere(known, { ...known, reply: { to: [li] } })).toBe(true);
  });
});

describe("where a letter comes from", () => {
  it("is decided by DMARC, which alone speaks of the address that is shown", () => {
    expect(trustOf({ spf: "fail", dkim: "pass", dmarc: "pass" })).toBe("verified");
    expect(trustOf({ spf: "pass", dkim: "pass", dmarc: "fail" })).toBe("failed");
  });
  it("is not known where DMARC says nothing, unless all that was checked failed", () => {
    expect(trustOf({ spf: "pass", dkim: "pass", dmarc: "none" })).toBe("unverified");
    expect(trustOf({ spf: "none", dkim: "none", dmarc: "temp_error" })).toBe("unverified");
    expect(trustOf({ spf: "fail", dkim: "none", dmarc: "none" })).toBe("failed");
    expect(trustOf({ spf: "fail", dkim: "pass", dmarc: "none" })).toBe("unverified");
    expect(trustOf(undefined)).toBe("unverified");
  });
});

describe("a log with letters", () => {
  const message = (seq: number, more: Partial<Message>): Message => ({ id: `msg_${seq}`, seq, at: 0, kind: "text", author: { type: "system" }, ...more });
  const undelivered = (seq: number, about: string | null, permanent: boolean) =>
    message(seq, { kind: "notice", notice: { code: "undelivered", message: about, recipient: "li@b.cn", permanent, reason: "550" } });
  it("marks what did not arrive; for good counts more than late", () => {
    expect([...failuresIn([undelivered(1, "msg_a", false), undelivered(2, "msg_a", true), undelivered(3, "msg_a", false), undelivered(4, "msg_b", false), undelivered(5, null, true)])])
      .toEqual([["msg_a", "failed"], ["msg_b", "late"]]);
  });
  it("proposes everybody whom it names, but never the desk", () => {
    const help = { address: "help@city.cn", name: "市政务服务" };
    const log = [
      message(1, { author: { type: "contact", id: "c" }, mail: { from: wang, to: [{ address: "help+1a@city.cn" }], cc: [li] } }),
      message(2, { author: { type: "agent", id: "a" }, mail: { from: help, to: [wang] } })];
    expect(peopleIn(log)).toEqual([wang, li]);
    expect([...ownIn(log)]).toEqual(["help@city.cn"]);
    expect(ownIn(log.slice(0, 1)).size).toBe(0);
  });
  it("stands under the subject of its last letter", () => {
    expect(subjectIn([message(1, { mail: { from: wang, subject: "First" } }), message(2, { mail: { from: wang, subject: "Second" } }), message(3, {})])).toBe("Second");
    expect(subjectIn([message(1, {})])).toBe("");
  });
});

describe("the page of a letter", () => {
  it("fetches nothing from elsewhere until its reader asks", () => {
    expect(framePage("<p>x</p>", false)).toContain("img-src data:\"");
    expect(framePage("<p>x</p>", true)).toContain("img-src data: https: http:\"");
    expect(framePage("", true)).toContain("default-src 'none'");
    expect(framePage("", true)).not.toContain("script-src");
  });
});
