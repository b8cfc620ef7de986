import type { ConversationSummary, Message } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { countText, decodeWords, givenUp, readHead, waysOf } from "./stuck.model";

describe("a letter that could not go on", () => {
  it("is tried again first only where that can help", () => {
    expect(waysOf("report", false)).toEqual(["download", "retry"]);
    expect(waysOf("report", true)[0]).toBe("give_up");
    expect([waysOf("unreadable", true)[0], waysOf("refused", false)[0], waysOf("channel_closed", true)[0], waysOf("channel_closed", false)[0]])
      .toEqual(["download", "retry", "channel", "retry"]);
  });
  it("is given up by admins only", () => {
    for (const reason of ["report", "unreadable", "channel_closed", "refused", "loop", "failing"] as const) {
      expect([waysOf(reason, false).includes("give_up"), waysOf(reason, true).includes("give_up")]).toEqual([false, true]);
    }
  });
  it("is counted up to a bound", () => {
    expect([countText(3), countText(99), countText(100)]).toEqual(["3", "99", "99+"]);
  });
});

describe("the head of a letter", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  it("is read with folded fields, encoded words and names", () => {
    const head = readHead(bytes("Received: x\r\nSubject: =?utf-8?B?5YWz5LqO?=\r\n =?utf-8?Q?=E9=80=80=E7=A8=8E?= 2026\r\nFrom: =?utf-8?B?546L5by6?= <wang@a.cn>\r\nTo: help@city.cn, li@b.cn\r\n\r\nSubject: not this"));
    expect(head).toEqual({ subject: "关于退税 2026", from: [{ address: "wang@a.cn", name: "王强" }], to: [{ address: "help@city.cn", name: "" }, { address: "li@b.cn", name: "" }] });
  });
  it("puts characters together that a program cut apart", () => {
    const three = [...bytes("退")].map((one) => `=${one.toString(16).toUpperCase().padStart(2, "0")}`);
    expect(decodeWords(`=?UTF-8?Q?${three[0]}?= =?UTF-8?Q?${three[1]}${three[2]}?=`)).toBe("退");
  });
  it("knows the charsets of Chinese programs, named or not", () => {
    expect(decodeWords("=?gb2312?B?zcvLsA==?=")).toBe("退税");
    const raw = Uint8Array.from([...bytes("Subject: "), 0xcd, 0xcb, 0xcb, 0xb0, ...bytes("\n\nx")]);
    expect(readHead(raw).subject).toBe("退税");
    expect(readHead(bytes("Subject: 退税\n\n")).subject).toBe("退税");
    // The bytes from 0x80 to 0x9f are none of windows-1252.
    expect(readHead(bytes("Subject: 统一\n\n")).subject).toBe("统一");
  });
  it("is empty where there is none, and keeps what nobody can decode", () => {
    expect(readHead(new Uint8Array())).toEqual({ subject: "", from: [], to: [] });
    expect(decodeWords("=?no-such-charset?B?AAAA?=")).toBe("=?no-such-charset?B?AAAA?=");
  });
});

describe("a letter that was given up", () => {
  const dead = { id: "dlv_1", endpoint: "letters-conv_1", tries: 12, reason: "454", at: 1_000_000 };
  const one = { info: { contact_name: "王强" } } as ConversationSummary;
  const ours = (seq: number, subject: string): Message => ({
    id: `msg_${seq}`, seq, at: seq, kind: "text", text: `text ${seq}`, author: { type: "agent", id: "li" }, mail: { subject, from: { address: "help@city.cn" }, to: [{ address: `to${seq}@a.cn` }] } });
  const report = (message: string, at: number): Message => ({
    id: "msg_9", seq: 9, at, kind: "notice", author: { type: "system" }, notice: { code: "undelivered", message, recipient: "wang@a.cn", permanent: true, reason: "454" } });
  it("is the one that the report of that moment names", () => {
    expect(givenUp(dead, one, [ours(1, "First"), ours(2, "Second"), report("msg_1", 1_000_100)]))
      .toEqual({ recipient: "wang@a.cn", subject: "First", words: "text 1", contact: "王强" });
  });
  it("is the only one there is; among several nobody is named who may be wrong", () => {
    expect(givenUp(dead, one, [ours(1, "First")])).toMatchObject({ recipient: "to1@a.cn", words: "text 1" });
    expect(givenUp(dead, one, [ours(1, "First"), ours(2, "Second"), report("msg_1", 5)])).toEqual({ recipient: "", subject: "Second", words: "", contact: "王强" });
  });
});
