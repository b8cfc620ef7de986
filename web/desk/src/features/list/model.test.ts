import type { ConversationSummary, Message } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { byDue, dueOf, keepStill, neighbour, waitsSince } from "./model";

const base: ConversationSummary = {
  id: "conv_1", state: "active", contact: "ctc_1", channel: "web", kind: "web_chat", queue: "tax", agent: "li-na",
  opened_at: 0, arrived_at: 0, accepted_at: 20_000, due_at: 120_000, last_seq: 1, read_by_contact: 0, read_by_agent: 0,
  info: { audience: "public", locale: "zh-CN" },
};
const word = (type: "contact" | "agent", at: number): Message => ({
  id: "msg_1", seq: 1, at, kind: "text", text: "…", author: { type, id: type === "agent" ? "li-na" : "ctc_1" } });

describe("what is due", () => {
  it("is the due time until the first reply", () => {
    expect(dueOf({ ...base, last_message: word("contact", 10_000) }, 60_000)).toEqual({ at: 120_000, left: 0.5, tone: "waiting" });
    expect(dueOf({ ...base, state: "queued" }, 100_000)?.tone).toBe("soon");
    expect(dueOf({ ...base, state: "queued" }, 130_000)?.tone).toBe("overdue");
  });
  it("is nothing while the contact has the next word", () => {
    expect(dueOf({ ...base, last_message: word("agent", 50_000) }, 60_000)).toBeNull();
    expect(dueOf({ ...base, state: "snoozed" }, 60_000)).toBeNull();
  });
  it("starts again with a later word of the contact", () => {
    expect(dueOf({ ...base, last_message: word("contact", 500_000) }, 500_000)?.at).toBe(620_000);
  });
});

describe("a letter", () => {
  const mail = { ...base, kind: "email" as const };
  it("that comes before the due time is due by then", () => {
    expect(dueOf({ ...mail, last_message: word("contact", 50_000) }, 60_000)?.at).toBe(120_000);
  });
  it("that comes later has no due time that the desk could count; how long it waits is known", () => {
    const later = { ...mail, last_message: word("contact", 500_000) };
    expect([dueOf(later, 510_000), waitsSince(later)]).toEqual([null, 500_000]);
    expect(waitsSince({ ...mail, last_message: word("agent", 500_000) })).toBeNull();
    expect(waitsSince({ ...base, last_message: word("contact", 500_000) })).toBeNull();
  });
});

describe("the list", () => {
  it("stands in due order", () => {
    const later = { ...base, id: "conv_0", due_at: 130_000 };
    expect([later, base].sort(byDue).map((one) => one.id)).toEqual(["conv_1", "conv_0"]);
  });
  it("keeps still under the pointer and counts who waits at the edge", () => {
    expect(keepStill(["a", "b"], ["c", "b", "d"])).toEqual({ order: ["a", "b"], waiting: 2 });
  });
  it("moves by keys and stops at the ends", () => {
    expect(neighbour(["a", "b"], null, 1)).toBe("a");
    expect(neighbour(["a", "b"], "b", 1)).toBe("b");
    expect(neighbour(["a", "b"], "b", -1)).toBe("a");
    expect(neighbour([], null, 1)).toBeNull();
  });
});
