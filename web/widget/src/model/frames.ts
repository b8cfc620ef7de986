/** What the panel knows after a frame of the socket. */
import type { ChatState, FrameOf, Message, WidgetFrame } from "@hutong/api-client";
import { fromAgent, lastSeq, merged } from "./messages.ts";
import { TYPING_MS, type Announcement, type Model, type Outgoing, type Rating } from "./model.ts";

type Frame<T extends WidgetFrame["type"]> = FrameOf<WidgetFrame, T>;

/** Applies one frame. */
export function afterFrame(model: Model, frame: WidgetFrame, now: number): Model {
  switch (frame.type) {
    case "welcome":
      return afterWelcome(model, frame);
    case "message":
      return afterMessage(model, frame);
    case "ack":
      return afterAck(model, frame, now);
    case "refused":
      return afterRefusal(model, frame);
    case "state":
      return withState(model, frame.conversation);
    case "typing":
      return { ...model, typingUntil: now + TYPING_MS };
    case "read":
      return afterRead(model, frame);
    case "link":
      return { ...model, linkUp: frame.up };
    case "pong":
      return model;
  }
}

function afterWelcome(model: Model, frame: Frame<"welcome">): Model {
  const kept = frame.resumed ? model.messages : [];
  const messages = merged(kept, frame.messages);
  const missed = frame.resumed ? frame.messages.filter(fromAgent).at(-1) : undefined;
  const conversation = frame.conversation ?? null;
  const next: Model = {
    ...model,
    epoch: frame.epoch,
    welcomed: true,
    linkUp: true,
    resumeSeq: Math.max(frame.resumed ? model.resumeSeq : 0, lastSeq(frame.messages)),
    conversation,
    messages,
    outgoing: unsaid(model.outgoing, messages),
    history: historyOf(messages, frame.resumed ? model.history : "idle"),
    rating: ratingOf(conversation, sameConversation(model, conversation) ? model.rating : null),
    ending: conversation?.state === "closed" ? "no" : model.ending,
  };
  return missed === undefined ? next : announced(next, "message", spoken(missed));
}

function afterMessage(model: Model, frame: Frame<"message">): Model {
  const { message } = frame;
  const other = model.conversation !== null && model.conversation.id !== frame.conversation;
  const messages = merged(other ? [] : model.messages, [message]);
  const fresh = message.seq > lastSeq(model.messages) || other;
  const next: Model = {
    ...model,
    messages,
    resumeSeq: Math.max(other ? 0 : model.resumeSeq, message.seq),
    outgoing: unsaid(model.outgoing, [message]),
    typingUntil: fromAgent(message) ? 0 : model.typingUntil,
  };
  return fresh && fromAgent(message) ? announced(next, "message", spoken(message)) : next;
}

/** The ack of something said makes a message of it; the log's own copy replaces it when it comes. */
function afterAck(model: Model, frame: Frame<"ack">, now: number): Model {
  const said = model.outgoing.find((outgoing) => outgoing.clientId === frame.client_id);
  if (said === undefined) return model.rating.state === "sending" ? { ...model, rating: { ...model.rating, state: "done" } } : model;
  const outgoing = model.outgoing.filter((one) => one !== said);
  if (frame.seq === undefined || frame.seq === null) return { ...model, outgoing };
  const known = model.messages.some((message) => message.seq === frame.seq);
  const message: Message = {
    seq: frame.seq,
    at: now,
    id: frame.message ?? "",
    author: { type: "contact", id: model.contact ?? "" },
    kind: "text",
    text: said.text,
    files: said.files,
    client_id: said.clientId,
  };
  const other = model.conversation !== null && typeof frame.conversation === "string" && model.conversation.id !== frame.conversation;
  // `resumeSeq` stays: between it and this seq an agent's word may still be on its way.
  return { ...model, outgoing, messages: known ? model.messages : merged(other ? [] : model.messages, [message]) };
}

function afterRefusal(model: Model, frame: Frame<"refused">): Model {
  // With a hint the socket says it again by itself: it is merely late.
  if (typeof frame.retry_after_ms === "number") return model;
  const said = model.outgoing.find((outgoing) => outgoing.clientId === frame.client_id);
  if (said !== undefined) {
    const outgoing = model.outgoing.map((one) => (one === said ? { ...one, failed: frame.code } : one));
    return announced({ ...model, outgoing }, "failed", said.text);
  }
  if (frame.client_id === undefined || frame.client_id === null) return model;
  return {
    ...model,
    ending: "no",
    rating: model.rating.state === "sending" ? { ...model.rating, state: "open" } : model.rating,
    problem: { code: "refused", params: {} },
  };
}

function afterRead(model: Model, frame: Frame<"read">): Model {
  const { conversation } = model;
  if (conversation === null) return model;
  const side = frame.by === "agent" ? "read_by_agent" : "read_by_contact";
  return { ...model, conversation: { ...conversation, [side]: Math.max(conversation[side], frame.seq) } };
}

/** Takes a new state of the conversation, and tells a listener of the turns that matter. */
function withState(model: Model, state: ChatState): Model {
  const same = sameConversation(model, state);
  const before = same ? model.conversation?.state : undefined;
  const next: Model = {
    ...model,
    conversation: same ? keepMarks(model.conversation, state) : state,
    messages: same || model.conversation === null ? model.messages : [],
    rating: ratingOf(state, same ? model.rating : null),
    ending: over(state) ? "no" : model.ending,
    typingUntil: over(state) ? 0 : model.typingUntil,
  };
  if (state.state === "active" && before !== "active") return announced(next, "joined", state.agent_name ?? "");
  if (over(state) && before !== undefined && before !== state.state) return announced(next, "closed", "");
  return next;
}

/** Read marks only grow, whatever order the frames come in. */
function keepMarks(known: ChatState | null, state: ChatState): ChatState {
  return {
    ...state,
    read_by_agent: Math.max(known?.read_by_agent ?? 0, state.read_by_agent),
    read_by_contact: Math.max(known?.read_by_contact ?? 0, state.read_by_contact),
  };
}

function sameConversation(model: Model, state: ChatState | null): boolean {
  return model.conversation !== null && model.conversation.id === state?.id;
}

/** Is the conversation over for the person? */
export function over(state: ChatState): boolean {
  return state.state === "closed" || state.state === "wrap_up";
}

function ratingOf(state: ChatState | null, known: Rating | null): Rating {
  if (typeof state?.grade === "number" && known?.state !== "sending") {
    return { grade: state.grade, comment: known?.comment ?? "", state: "done" };
  }
  // A conversation that was reopened is rated anew when it ends again.
  if (state !== null && over(state) && known !== null) return known;
  return { grade: null, comment: "", state: "open" };
}

function unsaid(outgoing: readonly Outgoing[], messages: readonly Message[]): Outgoing[] {
  const logged = new Set(messages.flatMap((message) => message.client_id ?? []));
  return outgoing.filter((one) => !logged.has(one.clientId));
}

/** With the first message in hand there is nothing earlier to ask for. */
export function historyOf(messages: readonly Message[], known: Model["history"]): Model["history"] {
  return (messages[0]?.seq ?? 1) <= 1 ? "done" : known;
}

function spoken(message: Message): string {
  return message.text !== undefined && message.text !== "" ? message.text : (message.files?.[0]?.name ?? "");
}

/** Has a screen reader told something once. */
export function announced(model: Model, what: Announcement["what"], text: string): Model {
  return { ...model, announcement: { id: (model.announcement?.id ?? 0) + 1, what, text } };
}
