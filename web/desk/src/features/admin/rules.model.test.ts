import type { Channel, Queue } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { effectOf, fits, moved, ruleFor, takesAll } from "./rules.model";

const told = { from: "Wang@tax.City.example", subject: "投诉：Refund", important: false };

describe("a rule of a mailbox", () => {
  it("fits by domain and those below it, address, subject and importance, without regard to case", () => {
    expect([fits({ from_domain: "city.example" }, told), fits({ from_domain: "@CITY.example" }, told), fits({ from_domain: "ity.example" }, told)]).toEqual([true, true, false]);
    expect([fits({ from: "wang@TAX.city.example" }, told), fits({ subject_contains: "refund" }, told), fits({ important: true }, told)]).toEqual([true, true, false]);
    expect(fits({ from_domain: "city.example", important: true }, told)).toBe(false);
  });
  it("is the first that fits", () => {
    expect([ruleFor([{ important: true }, { subject_contains: "投诉" }, {}], told), ruleFor([{ important: true }], told)]).toEqual([1, null]);
    expect([takesAll({ audience: "agency" }), takesAll({ important: false })]).toEqual([true, false]);
  });
  it("moves by a step and stops at the ends", () => {
    const rules = [{ from: "a" }, { from: "b" }, { from: "c" }];
    expect(moved(rules, 1, -1).map((rule) => rule.from)).toEqual(["b", "a", "c"]);
    expect([moved(rules, 0, -1), moved(rules, 2, 1)]).toEqual([rules, rules]);
  });
});

describe("what a rule comes to", () => {
  const channel = { audience: "public", topics: [{ id: "tax", name: {}, queue: "tax", request_type: "consultation" }, { id: "other", name: {}, queue: "gone" }] } as unknown as Channel;
  const queues = [{ id: "tax", priority: { request_types: { complaint: 300, consultation: 10 }, audiences: { agency: 120 } } }] as unknown as Queue[];
  it("is the queue of its topic and what that gives by type and audience", () => {
    expect(effectOf({ topic: "tax", request_type: "complaint", audience: "agency" }, channel, queues)).toEqual({ queue: "tax", requestType: "complaint", audience: "agency", headStartSecs: 420 });
    expect(effectOf({ topic: "tax" }, channel, queues)).toEqual({ queue: "tax", requestType: "consultation", audience: "public", headStartSecs: 10 });
  });
  it("is not guessed where the queue is not known", () => {
    expect(effectOf({ audience: "agency" }, channel, queues)).toMatchObject({ queue: "", headStartSecs: null });
    expect(effectOf({ topic: "other" }, channel, queues)).toMatchObject({ queue: "gone", headStartSecs: null });
    expect(effectOf({}, { ...channel, topics: channel.topics.slice(0, 1) }, queues).queue).toBe("tax");
  });
});
