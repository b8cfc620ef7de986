import type { ConversationSummary, DeskSnapshot, Event, Message } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { applyEvent, awaitsReply, deskFrom, isMine, isResting, remember, unread, withWordsNow, type DeskState } from "./desk.model";

const one: ConversationSummary = {
  id: "conv_1", state: "queued", contact: "ctc_1", channel: "web", kind: "web_chat", queue: "tax", agent: null,
  opened_at: 0, arrived_at: 0, due_at: 120_000, last_seq: 1, read_by_contact: 0, read_by_agent: 0,
  info: { audience: "public", locale: "zh-CN" },
};
const snapshot: DeskSnapshot = {
  epoch: "1", cursor: "0-0", me: { id: "li-na", name: "李娜", role: "agent" }, presence: "ready", conversations: [],
  agents: [], queues: [], channels: [], request_types: [], quick_replies: [], skills: [], now: 0,
};
const start = deskFrom(snapshot, null);
const withOne = remember(start, one);
const word = (seq: number): Message => ({
  id: `msg_${seq}`, seq, at: seq, kind: "text", text: "您好", author: { type: "contact", id: "ctc_1" } });

const run = (state: DeskState, ...events: Event[]) => events.reduce((s, event) => applyEvent(s, event).state, state);
const get = (state: DeskState) => state.known.get("conv_1");

const offer: Event = {
  type: "offer_made", conversation: "conv_1", contact: "ctc_1", agent: "li-na", token: "ofr_1", deadline: 30_000, why: {} };
const assigned: Event = {
  type: "conversation_assigned", conversation: "conv_1", contact: "ctc_1", agent: "li-na", how: "accepted", waited_ms: 5 };

describe("the desk", () => {
  it("asks for an offered conversation that it does not know", () => {
    expect(applyEvent(start, offer).load).toBe("conv_1");
    expect(applyEvent(start, { ...offer, agent: "wang" }).load).toBeUndefined();
  });
  it("follows an offer to the assignment", () => {
    const offered = run(withOne, offer);
    expect(get(offered)).toMatchObject({ state: "offered", offer_token: "ofr_1", until: 30_000 });
    const served = run(offered, assigned);
    expect(get(served)).toMatchObject({ state: "active", agent: "li-na", offer_token: null });
  });
  it("drops an expired offer, and not one that went to somebody else meanwhile", () => {
    const expired: Event = { type: "offer_expired", conversation: "conv_1", agent: "li-na" };
    expect(get(run(withOne, offer, expired))?.state).toBe("queued");
    const elsewhere = run(withOne, { ...offer, agent: "wang" }, expired);
    expect(get(elsewhere)).toMatchObject({ state: "offered", agent: "wang" });
  });
  it("keeps in sight what rests, whoever else may have put theirs to rest", () => {
    const released = (agent: string): Event => ({ type: "conversation_released", conversation: "conv_1", agent, reason: "snoozed" });
    const snoozed: Event = { type: "conversation_snoozed", conversation: "conv_1", contact: "ctc_1", until: 99_000 };
    const rests = (state: DeskState) => [...state.known.values()].some((one) => isResting(state, one));
    const mine = run(withOne, offer, assigned, released("li-na"), snoozed);
    expect(rests(mine)).toBe(true);
    expect(get(mine)).toMatchObject({ state: "snoozed", until: 99_000 });
    expect(rests(run(withOne, { ...offer, agent: "wang" }, { ...assigned, agent: "wang" }, released("wang"), snoozed))).toBe(false);
    // The desk is loaded anew: it still rests, or it woke and went to a colleague.
    const resting = { ...one, state: "snoozed" as const, until: 99_000 };
    expect(rests(deskFrom({ ...snapshot, conversations: [resting] }, null))).toBe(true);
    expect(get(deskFrom(snapshot, mine))).toBeUndefined();
    expect(rests(run(mine, offer, assigned))).toBe(false);
  });
  it("waits for the first word of whoever took over from a colleague", () => {
    const said: Message = { ...word(2), author: { type: "agent", id: "wang" } };
    const served = { ...one, state: "active" as const, agent: "li-na", last_message: said };
    expect(awaitsReply({ ...served, accepted_at: 1 })).toBe(false);
    expect(awaitsReply({ ...served, accepted_at: 5 })).toBe(true);
  });
  it("carries out every event twice like once", () => {
    const events: Event[] = [
      offer, assigned,
      { type: "message_appended", conversation: "conv_1", contact: "ctc_1", agent: "li-na", message: word(2) },
      { type: "read_marked", conversation: "conv_1", contact: "ctc_1", by: "agent", seq: 2 },
      { type: "received_marked", conversation: "conv_1", contact: "ctc_1", agent: "li-na", seq: 2 },
      { type: "conversation_closed", conversation: "conv_1", contact: "ctc_1", agent: "li-na", by: "agent", from: "active", wrap_up: true },
    ];
    let state = withOne;
    for (const event of events) {
      const once = run(state, event);
      expect(run(once, event)).toEqual(once);
      state = once;
    }
    expect(get(state)?.state).toBe("wrap_up");
  });
  it("counts unread words of the contact only", () => {
    const state = run(withOne, offer, assigned,
      { type: "message_appended", conversation: "conv_1", contact: "ctc_1", agent: "li-na", message: word(2) });
    const now = get(state);
    expect(now && unread(now)).toBe(2);
    expect(now && unread({ ...now, read_by_agent: 2 })).toBe(0);
  });
  it("counts no fact about words that were read", () => {
    const file = { id: "fil_1", name: "a.png", media_type: "image/png", bytes: 1 };
    const arrived = { ...word(3), kind: "notice" as const, author: { type: "system" as const }, text: "", notice: { code: "file_arrived" as const, seq: 2, file } };
    const state = run(withOne, offer, assigned,
      { type: "message_appended", conversation: "conv_1", contact: "ctc_1", agent: "li-na", message: word(2) },
      { type: "message_appended", conversation: "conv_1", contact: "ctc_1", agent: "li-na", message: arrived });
    const now = get(state);
    expect(now && unread({ ...now, read_by_agent: 2 })).toBe(0);
    expect(now && unread({ ...now, read_by_agent: 1 })).toBe(1);
  });
  it("lets go of what is released, and of what a new snapshot does not hold", () => {
    const held = run(withOne, offer, assigned);
    const released = run(held, { type: "conversation_released", conversation: "conv_1", agent: "li-na", reason: "transfer" });
    expect([...released.known.values()].some((each) => isMine(released, each))).toBe(false);
    expect(deskFrom(snapshot, held).known.size).toBe(0);
  });
  it("does not let a late answer take back newer words", () => {
    const state = run(withOne, { type: "message_appended", conversation: "conv_1", contact: "ctc_1", message: word(2) });
    expect(get(remember(state, one))?.last_seq).toBe(2);
  });
  it("knows its own presence and why", () => {
    const missed: Event = { type: "presence_changed", agent: "li-na", presence: "not_answering", reason: "missed_offers" };
    expect(run(start, missed)).toMatchObject({ presence: "not_answering", presenceReason: "missed_offers" });
    expect(run(start, { ...missed, agent: "wang" }).presence).toBe("ready");
  });
});

describe("the last words in the list", () => {
  const fact = (seq: number, notice: NonNullable<Message["notice"]>): Event => ({
    type: "message_appended", conversation: "conv_1", contact: "ctc_1", agent: "li-na",
    message: { id: `msg_${seq}`, seq, at: seq, kind: "notice", author: { type: "system" }, notice } });
  const said = run(withOne, { type: "message_appended", conversation: "conv_1", contact: "ctc_1", message: word(2) });
  it("follow a change, and are said no more once they are taken back", () => {
    const changed = run(said, fact(3, { code: "edited", seq: 2, text: "您好，我想咨询" }));
    expect(get(changed)).toMatchObject({ last_seq: 3, last_message: { seq: 2, text: "您好，我想咨询" } });
    expect(get(run(changed, fact(4, { code: "taken_back", seq: 2 })))?.last_message).toMatchObject({ text: "", notice: { code: "taken_back" } });
  });
  it("are told by the log where the list has them as they were said", () => {
    const messages: Message[] = [word(2), { id: "msg_3", seq: 3, at: 3, kind: "notice", author: { type: "system" }, notice: { code: "taken_back", seq: 2 } }];
    expect(get(withWordsNow(said, "conv_1", messages))?.last_message?.text).toBe("");
    expect(withWordsNow(said, "conv_1", [word(2)])).toBe(said);
  });
  it("stay when another message changes", () => {
    expect(get(run(said, fact(3, { code: "edited", seq: 1, text: "x" }), fact(4, { code: "taken_back", seq: 1 })))?.last_message?.text).toBe("您好");
  });
});
