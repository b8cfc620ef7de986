import { describe, expect, it } from "vitest";
import { agentSays, contactSays, heard, model, NOW, notice, outgoing, state, welcome } from "./fixtures.ts";
import { reduce } from "./reduce.ts";

const seqs = (m: ReturnType<typeof model>) => m.messages.map((message) => message.seq);

describe("welcome", () => {
  it("replaces what was known when the history could not be resumed", () => {
    const before = heard(model(), welcome([agentSays(1), agentSays(2)]));
    const after = heard(before, welcome([agentSays(5)], state({ id: "cnv_2" })));
    expect(seqs(after)).toEqual([5]);
    expect(after.resumeSeq).toBe(5);
  });

  it("adds exactly what was missed when it was, and tells a listener of it once", () => {
    const before = heard(model(), welcome([agentSays(1)]));
    const after = heard(before, welcome([agentSays(2), agentSays(3, "在吗")], state(), true));
    expect(seqs(after)).toEqual([1, 2, 3]);
    expect(after.announcement).toMatchObject({ what: "message", text: "在吗" });
  });

  it("says nothing aloud of an old history on the first load", () => {
    expect(heard(model(), welcome([agentSays(1)])).announcement).toBeNull();
  });

  it("takes what is in the log off the list of what is on its way", () => {
    const m = heard(model({ outgoing: [outgoing("a"), outgoing("b")] }), welcome([contactSays(1, "a")]));
    expect(m.outgoing.map((one) => one.clientId)).toEqual(["b"]);
  });

  it("knows when there is nothing earlier", () => {
    expect(heard(model(), welcome([agentSays(1)])).history).toBe("done");
    expect(heard(model(), welcome([agentSays(201)])).history).toBe("idle");
    expect(heard(model(), welcome([], null)).history).toBe("done");
  });
});

describe("what is said", () => {
  it("is on its way until the ack, and then in the log at its place", () => {
    const said = reduce(model(), { type: "said", outgoing: outgoing("a") });
    const acked = heard(said, { type: "ack", client_id: "a", conversation: "cnv_1", seq: 1, message: "msg_1" });
    expect(acked.outgoing).toEqual([]);
    expect(acked.messages[0]).toMatchObject({ seq: 1, text: "你好", client_id: "a" });
  });

  it("is there once, in whatever order the ack and the log's own copy come", () => {
    const said = reduce(model(), { type: "said", outgoing: outgoing("a") });
    const ack = { type: "ack", client_id: "a", conversation: "cnv_1", seq: 1, message: "msg_1" } as const;
    const copy = { type: "message", conversation: "cnv_1", message: contactSays(1, "a") } as const;
    for (const frames of [[ack, copy], [copy, ack], [copy, ack, copy], [ack, ack]] as const) {
      const m = heard(said, ...frames);
      expect(seqs(m)).toEqual([1]);
      expect(m.outgoing).toEqual([]);
    }
  });

  it("does not move the place to resume from by its ack: an agent's word may still be on its way", () => {
    const said = reduce(heard(model(), welcome([agentSays(1)])), { type: "said", outgoing: outgoing("a") });
    const acked = heard(said, { type: "ack", client_id: "a", conversation: "cnv_1", seq: 3, message: "msg_3" });
    expect(acked.resumeSeq).toBe(1);
    const later = heard(acked, { type: "message", conversation: "cnv_1", message: agentSays(2) });
    expect(seqs(later)).toEqual([1, 2, 3]);
    expect(later.resumeSeq).toBe(2);
  });

  it("stays visible as failed when it was refused for good, and as waiting when refused for now", () => {
    const said = reduce(model(), { type: "said", outgoing: outgoing("a") });
    const late = heard(said, { type: "refused", client_id: "a", code: "store_down", detail: "", retry_after_ms: 500 });
    expect(late.outgoing[0]?.failed).toBeNull();
    const failed = heard(said, { type: "refused", client_id: "a", code: "text_too_long", detail: "" });
    expect(failed.outgoing[0]?.failed).toBe("text_too_long");
    expect(failed.announcement?.what).toBe("failed");
    expect(reduce(failed, { type: "outgoing_retried", clientId: "a" }).outgoing[0]?.failed).toBeNull();
  });
});

describe("the conversation's turns", () => {
  it("are told once each: joined, closed", () => {
    const queued = heard(model(), welcome([], state({ state: "queued" })));
    const active = heard(queued, { type: "state", conversation: state() });
    expect(active.announcement).toMatchObject({ what: "joined", text: "林芳" });
    const again = heard(active, { type: "state", conversation: state({ last_seq: 4 }) });
    expect(again.announcement?.id).toBe(active.announcement?.id);
    const closed = heard(again, { type: "state", conversation: state({ state: "closed" }) });
    expect(closed.announcement?.what).toBe("closed");
  });

  it("say nothing aloud when only the place in the queue moves", () => {
    const position = { before_min: 2, before_max: 3, agents: 1 };
    const queued = heard(model(), welcome([], state({ state: "queued", position })));
    const moved = heard(queued, { type: "state", conversation: state({ state: "queued", position: { ...position, before_min: 1 } }) });
    expect(moved.announcement).toBeNull();
  });

  it("never move read marks back", () => {
    const read = heard(model(), welcome([]), { type: "read", by: "agent", seq: 5 });
    const late = heard(read, { type: "state", conversation: state({ read_by_agent: 3 }) });
    expect(late.conversation?.read_by_agent).toBe(5);
    expect(heard(late, { type: "read", by: "agent", seq: 4 }).conversation?.read_by_agent).toBe(5);
  });

  it("begin anew with another conversation", () => {
    const closed = heard(model(), welcome([agentSays(1)], state({ state: "closed", grade: 4 })));
    const next = heard(closed, { type: "state", conversation: state({ id: "cnv_2", state: "queued" }) });
    expect(next.messages).toEqual([]);
    expect(next.rating.state).toBe("open");
  });

  it("show the grade that was given, and ask anew after a reopening", () => {
    const rated = heard(model(), welcome([], state({ state: "closed", grade: 5 })));
    expect(rated.rating).toMatchObject({ grade: 5, state: "done" });
    const reopened = heard(rated, { type: "state", conversation: state() });
    expect(reopened.rating).toMatchObject({ grade: null, state: "open" });
  });
});

describe("the rating", () => {
  it("is open, sending, done", () => {
    let m = heard(model(), welcome([], state({ state: "closed" })));
    m = reduce(m, { type: "grade_chosen", grade: 5 });
    m = reduce(m, { type: "comment_typed", text: "x".repeat(2000) });
    expect(m.rating.comment).toHaveLength(1000);
    m = reduce(m, { type: "rate_said" });
    expect(m.rating.state).toBe("sending");
    expect(heard(m, { type: "ack", client_id: "r" }).rating.state).toBe("done");
    const refused = heard(m, { type: "refused", client_id: "r", code: "conflict", detail: "" });
    expect(refused.rating.state).toBe("open");
    expect(refused.problem?.code).toBe("refused");
  });
});

describe("small signs", () => {
  it("typing fades after five seconds and at the agent's word", () => {
    const typing = heard(model(), welcome([]), { type: "typing" });
    expect(reduce(typing, { type: "tick", now: NOW + 4999 }).typingUntil).toBeGreaterThan(0);
    expect(reduce(typing, { type: "tick", now: NOW + 5000 }).typingUntil).toBe(0);
    expect(heard(typing, { type: "message", conversation: "cnv_1", message: agentSays(1) }).typingUntil).toBe(0);
  });

  it("notices are kept but not spoken as words of the agent", () => {
    const m = heard(model(), welcome([]), { type: "message", conversation: "cnv_1", message: notice(1, "joined") });
    expect(m.messages).toHaveLength(1);
    expect(m.announcement).toBeNull();
  });
});
