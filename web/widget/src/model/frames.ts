/** What the panel knows after a frame of the line: the client's log, and what the panel makes of it. */
import type { ChatState, FrameOf, Message, WidgetFrame } from "@hutong/api-client";
import { fromAgent, lastSeq, logAfter, ofAnother, over } from "@hutong/chat";
import type { Announcement, Model, Rating } from "./model.ts";

type Frame<T extends WidgetFrame["type"]> = FrameOf<WidgetFrame, T>;

/** Applies one frame. */
export function afterFrame(model: Model, frame: WidgetFrame, now: number): Model {
  const next = logAfter(model, frame, now);
  switch (frame.type) {
    case "welcome":
      return afterWelcome(model, next, frame);
    case "message":
      return isNew(model, frame) ? announced(next, "message", spoken(frame.message)) : next;
    case "ack":
      return next === model && model.rating.state === "sending" ? { ...next, rating: { ...next.rating, state: "done" } } : next;
    case "refused":
      return afterRefusal(model, next, frame);
    case "state":
      return afterState(model, next, frame.conversation);
    default:
      return next;
  }
}

function afterWelcome(model: Model, log: Model, frame: Frame<"welcome">): Model {
  const { conversation } = log;
  const missed = frame.resumed ? frame.messages.filter(fromAgent).at(-1) : undefined;
  const next: Model = {
    ...log,
    rating: ratingOf(conversation, sameConversation(model, conversation) ? model.rating : null),
    ending: conversation?.state === "closed" ? "no" : log.ending,
  };
  return missed === undefined ? next : announced(next, "message", spoken(missed));
}

/** Is this an agent's word that was not here before? */
function isNew(before: Model, { message, conversation }: Frame<"message">): boolean {
  return fromAgent(message) && (ofAnother(before, conversation) || message.seq > lastSeq(before.messages));
}

function afterRefusal(model: Model, next: Model, frame: Frame<"refused">): Model {
  // With a hint the line says it again by itself: it is merely late.
  if (typeof frame.retry_after_ms === "number") return next;
  const said = model.outgoing.find((outgoing) => outgoing.clientId === frame.client_id);
  if (said !== undefined) return announced(next, "failed", said.text);
  if (frame.client_id === undefined || frame.client_id === null) return next;
  return {
    ...next,
    ending: "no",
    rating: next.rating.state === "sending" ? { ...next.rating, state: "open" } : next.rating,
    problem: { code: "refused", params: {} },
  };
}

/** Takes a new state of the conversation, and tells a listener of the turns that matter. */
function afterState(model: Model, log: Model, state: ChatState): Model {
  const same = sameConversation(model, state);
  const before = same ? model.conversation?.state : undefined;
  const next: Model = { ...log, rating: ratingOf(state, same ? model.rating : null), ending: over(state) ? "no" : log.ending };
  if (state.state === "active" && before !== "active") return announced(next, "joined", state.agent_name ?? "");
  if (over(state) && before !== undefined && before !== state.state) return announced(next, "closed", "");
  return next;
}

function sameConversation(model: Model, state: ChatState | null): boolean {
  return model.conversation !== null && model.conversation.id === state?.id;
}

function ratingOf(state: ChatState | null, known: Rating | null): Rating {
  if (typeof state?.grade === "number" && known?.state !== "sending") {
    return { grade: state.grade, comment: known?.comment ?? "", state: "done" };
  }
  // A conversation that was reopened is rated anew when it ends again.
  if (state !== null && over(state) && known !== null) return known;
  return { grade: null, comment: "", state: "open" };
}

function spoken(message: Message): string {
  return message.text !== undefined && message.text !== "" ? message.text : (message.files?.[0]?.name ?? "");
}

/** Has a screen reader told something once. */
export function announced(model: Model, what: Announcement["what"], text: string): Model {
  return { ...model, announcement: { id: (model.announcement?.id ?? 0) + 1, what, text } };
}
