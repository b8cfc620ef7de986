import type { Message } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { gapAfter, hasEarlier, newLog, settle, withMessages, withPending, type Pending } from "./log.model";

const word = (seq: number, client_id?: string): Message => ({
  id: `msg_${seq}`, seq, at: seq, kind: "text", text: String(seq), author: { type: "system" },
  ...(client_id ? { client_id } : {}) });
const seqs = (messages: readonly Message[]) => messages.map((message) => message.seq);
const pending: Pending = { client_id: "c1", kind: "text", text: "好的", files: [], at: 1, state: "pending" };

describe("a log", () => {
  it("takes messages in any order and however often", () => {
    const log = [[word(3)], [word(4), word(5)], [word(1), word(2), word(3)]].reduce(withMessages, newLog);
    expect(seqs(log.messages)).toEqual([1, 2, 3, 4, 5]);
    expect(gapAfter(log)).toBeUndefined();
    expect(hasEarlier(log)).toBe(false);
  });
  it("knows where something is missing", () => {
    const log = withMessages(withMessages(newLog, [word(4), word(5)]), [word(8)]);
    expect(gapAfter(log)).toBe(5);
    expect(hasEarlier(log)).toBe(true);
  });
  it("shows a word as pending, sent, and then only in the log", () => {
    const waiting = withPending(newLog, pending);
    expect(settle(waiting, "c1", "sent").pending[0]?.state).toBe("sent");
    expect(withMessages(waiting, [word(1, "c1")]).pending).toEqual([]);
    expect(settle(waiting, "c1", "failed", "not_assigned").pending[0]).toMatchObject({ state: "failed", problem: "not_assigned" });
  });
});
