import type { Message, QuickReply } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { bytesOf, bytesText, findReplies, linkParts, pieces, markOf, marksOf, pastesFiles, sends, slashAt, timeline, withReply, withSlash } from "./model";

const noon = new Date(2026, 7, 3, 12).getTime();
const word = (seq: number, at: number, type: "contact" | "agent" = "contact"): Message => ({
  id: `msg_${seq}`, seq, at, kind: "text", text: "…", author: { type, id: type === "agent" ? "li-na" : "ctc_1" } });

describe("the timeline", () => {
  it("separates days, and lets words of one person stand together", () => {
    const entries = timeline([word(1, noon - 86_400_000), word(2, noon), word(3, noon + 60_000), word(4, noon + 999_999_0), word(5, noon + 999_999_1, "agent")]);
    expect(entries.map((entry) => (entry.type === "day" ? "day" : entry.first))).toEqual(["day", true, "day", true, false, true, true]);
  });
  it("is cut into pieces that do not change when it grows", () => {
    const messages = Array.from({ length: 120 }, (_, n) => word(n + 1, noon + n));
    const before = pieces(timeline(messages));
    const after = pieces(timeline([...messages, word(121, noon + 200)]));
    expect(before.map((piece) => piece.key)).toEqual([0, 1, 2]);
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after.flatMap((piece) => piece.entries)).toHaveLength(122);
  });
  it("knows how far my words have come", () => {
    const messages = [word(1, noon), word(2, noon, "agent"), word(3, noon, "agent"), word(4, noon, "agent")];
    const shown = (read: number, received: number) => {
      const marks = marksOf(messages, read, received);
      return messages.map((message) => markOf(message.seq, marks));
    };
    expect(shown(2, 3)).toEqual([null, "read", "received", "sent"]);
    expect(shown(0, 0)).toEqual([null, null, null, "sent"]);
    expect(shown(0, 9)).toEqual([null, null, null, "received"]);
    expect(shown(4, 3)).toEqual([null, null, null, "read"]);
  });
});

describe("foreign text", () => {
  it("becomes words and links, and nothing else", () => {
    expect(linkParts("请看 https://gov.example/a?b=1。谢谢")).toEqual([
      { text: "请看 " }, { text: "https://gov.example/a?b=1", href: "https://gov.example/a?b=1" }, { text: "。谢谢" }]);
    expect(linkParts("javascript:alert(1) <b>x</b>")).toEqual([{ text: "javascript:alert(1) <b>x</b>" }]);
    expect(linkParts("(see https://a.example/x).")[1]).toEqual({ text: "https://a.example/x", href: "https://a.example/x" });
  });
});

describe("the composer", () => {
  const key = { key: "Enter", shiftKey: false, ctrlKey: false, metaKey: false, isComposing: false };
  it("sends by the chosen key, and never while an input method composes", () => {
    expect(sends(key, "enter")).toBe(true);
    expect(sends({ ...key, isComposing: true }, "enter")).toBe(false);
    expect(sends({ ...key, shiftKey: true }, "enter")).toBe(false);
    expect(sends(key, "ctrl_enter")).toBe(false);
    expect(sends({ ...key, ctrlKey: true }, "ctrl_enter")).toBe(true);
  });
  it("searches quick replies after a slash that begins a word, up to the caret", () => {
    const reply = (id: string, zh: string): QuickReply => ({ id, title: { "zh-CN": zh }, text: { "zh-CN": "…" } });
    const replies = [reply("welcome", "您好"), reply("wait", "请稍候"), reply("bye", "再见，欢迎 wait")];
    const slash = (text: string) => slashAt(text, text.length);
    expect(slash("/Wa")).toEqual({ at: 0, query: "wa" });
    expect(slash("您好：\n\n/wa")).toEqual({ at: 5, query: "wa" });
    expect(slashAt("a /wa and more", 5)).toEqual({ at: 2, query: "wa" });
    expect([slash("/wa it"), slash("and/or"), slash("https://a.cn"), slash("")]).toEqual([null, null, null, null]);
    expect(findReplies(replies, "wa").map((one) => one.id)).toEqual(["wait", "bye"]);
    expect(findReplies(replies, "稍候").map((one) => one.id)).toEqual(["wait"]);
  });
  it("puts a quick reply where it was asked for, and loses nothing around it", () => {
    expect(withReply("您好 /wa\n此致", 6, { at: 3, query: "wa" }, "请稍候。")).toEqual({ text: "您好 请稍候。\n此致", caret: 7 });
    expect(withSlash("您好", 2)).toEqual({ text: "您好 /", caret: 4 });
    expect(withSlash("", 0)).toEqual({ text: "/", caret: 1 });
    expect(withSlash("a b", 2)).toEqual({ text: "a /b", caret: 3 });
  });
  it("attaches what is pasted, but not the picture that comes with copied words", () => {
    expect(pastesFiles({ types: ["Files"], text: "", files: 1 })).toBe(true);
    expect(pastesFiles({ types: ["text/html", "Files"], text: "", files: 1 })).toBe(true);
    expect(pastesFiles({ types: ["text/plain", "Files"], text: "清单.xlsx", files: 1 })).toBe(true);
    expect(pastesFiles({ types: ["text/plain", "text/html", "Files"], text: "三月份", files: 1 })).toBe(false);
    expect(pastesFiles({ types: ["text/plain"], text: "x", files: 0 })).toBe(false);
  });
  it("counts bytes as the gateway does", () => {
    expect(bytesOf("您好")).toBe(6);
    expect(bytesText(2_500_000)).toBe("2.4 MB");
    expect(bytesText(900)).toBe("900 B");
  });
});
