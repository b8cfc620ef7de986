import type { FileRef, Message, Notice } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { changesIn } from "./changes.model";
import { timeline } from "./model";

const word = (seq: number, text: string, more: Partial<Message> = {}): Message => ({
  id: `msg_${seq}`, seq, at: seq * 1000, kind: "text", text, author: { type: "contact", id: "ctc_1" }, ...more });
const fact = (seq: number, notice: Notice): Message => ({ id: `msg_${seq}`, seq, at: seq * 1000, kind: "notice", author: { type: "system" }, notice });
const photo: FileRef = { id: "fil_1", name: "申请表.jpg", media_type: "application/octet-stream", bytes: 0, pending: true };

describe("a message that changed", () => {
  it("says its newest text and keeps what it said before", () => {
    const { of, folded } = changesIn([word(1, "退税三千"), fact(2, { code: "edited", seq: 1, text: "退税五千" }), fact(3, { code: "edited", seq: 1, text: "退税八千" })]);
    expect(of.get(1)).toMatchObject({ text: "退税八千", before: ["退税三千", "退税五千"], turn: 3 });
    expect([...folded]).toEqual([2, 3]);
  });
  it("that was said twice to be the same changed once", () => {
    expect(changesIn([word(1, "a"), fact(2, { code: "edited", seq: 1, text: "b" }), fact(3, { code: "edited", seq: 1, text: "b" })]).of.get(1)?.before).toEqual(["a"]);
  });
  it("keeps its words when it is taken back", () => {
    const change = changesIn([word(1, "我的密码是 123"), fact(2, { code: "edited", seq: 1, text: "…" }), fact(3, { code: "taken_back", seq: 1 })]).of.get(1);
    expect(change).toMatchObject({ takenBackAt: 3000, text: "…", before: ["我的密码是 123"] });
  });
  it("carries signs, counted, and loses those that were taken away", () => {
    const react = (seq: number, emoji: string, added: boolean) => fact(seq, { code: "reacted", seq: 1, emoji, added });
    const change = changesIn([word(1, "好的"), react(2, "👍", true), react(3, "❤️", true), react(4, "👍", true), react(5, "❤️", false), react(6, "🎉", false)]).of.get(1);
    expect([...change?.reactions ?? []]).toEqual([["👍", 2]]);
    expect(change?.by.size).toBe(0);
    const by = (seq: number, name: string, added: boolean) => fact(seq, { code: "reacted", seq: 1, emoji: "👍", added, by: name });
    const named = changesIn([word(1, "好的"), by(2, "李明", true), by(3, "王芳", true), by(4, "李明", true), by(5, "王芳", false)]).of.get(1);
    expect(named?.by.get("👍")).toEqual(["李明"]);
  });
  it("gets its files, or hears why not", () => {
    const here = { ...photo, media_type: "image/jpeg", bytes: 48_000, pending: false };
    const change = changesIn([word(4, "", { files: [photo, { ...photo, id: "fil_2" }] }), fact(5, { code: "file_arrived", seq: 4, file: here }),
      fact(6, { code: "file_missing", seq: 4, file: "fil_2", reason: "media expired" })]).of.get(4);
    expect(change?.arrived.get("fil_1")).toEqual(here);
    expect(change?.missing.get("fil_2")).toBe("media expired");
  });
});

describe("what did not arrive", () => {
  const failed = (seq: number, recipient: string, reason: string) => fact(seq, { code: "undelivered", message: "msg_1", recipient, permanent: true, reason });
  it("is told at the message, each reason once", () => {
    const { of, folded } = changesIn([word(1, "您好"), failed(2, "", "blocked"), failed(3, "", "blocked"), failed(4, "", "gone")]);
    expect(of.get(1)?.failed).toEqual(["blocked", "gone"]);
    expect(folded.size).toBe(3);
  });
  it("stays a line of its own when it names an address", () => {
    expect(changesIn([word(1, "您好"), failed(2, "wang@a.cn", "550")]).folded.size).toBe(0);
  });
});

describe("facts about messages", () => {
  it("are lines of their own only when their message is not loaded", () => {
    const loaded = [word(7, "早"), fact(8, { code: "taken_back", seq: 7 }), fact(9, { code: "taken_back", seq: 2 }), fact(10, { code: "reopened" })];
    const { folded, of } = changesIn(loaded);
    expect([...of.keys()]).toEqual([7]);
    const shown = timeline(loaded, folded).flatMap((entry) => (entry.type === "message" ? [entry.message.seq] : []));
    expect(shown).toEqual([7, 9, 10]);
  });
  it("never speak of other facts, nor of gaps", () => {
    expect(changesIn([fact(1, { code: "reopened" }), fact(2, { code: "taken_back", seq: 1 })]).folded.size).toBe(0);
    expect(changesIn([word(3, "a"), word(9, "b"), fact(10, { code: "taken_back", seq: 9 })]).of.get(9)?.takenBackAt).toBe(10_000);
  });
});
