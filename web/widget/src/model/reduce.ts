/** What the panel knows after something happened. Pure: the same model and action give the same model. */
import type { LineStatus } from "@hutong/api-client";
import { withEarlier, withFailed, withSeen } from "@hutong/chat";
import type { Action } from "./actions.ts";
import { afterFrame, announced } from "./frames.ts";
import { COMMENT_MAX, initialModel, type Attachment, type Model } from "./model.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;
/** What each action does. */
type Handlers = { [T in Action["type"]]: (model: Model, action: Of<T>) => Model };

const handlers: Handlers = {
  channel_loaded: (model, { channel }) => ({
    ...model,
    phase: "ready",
    channel,
    // A topic that is gone, or the only one there is, needs no question.
    topic: channel.topics.length === 1 ? (channel.topics[0]?.id ?? null) : known(channel.topics, model.topic),
  }),
  channel_failed: (model) => ({ ...model, phase: model.channel === null ? "failed" : model.phase }),
  channel_retried: (model) => ({ ...model, phase: model.channel === null ? "loading" : model.phase }),
  signed_in: (model, { contact, verified }) =>
    model.contact === null || model.contact === contact
      ? { ...model, contact, verified }
      : { ...stranger(model), outgoing: model.outgoing, contact, verified },
  // What got no ack goes back to where it was written.
  signed_out: (model) => ({
    ...stranger(model),
    draft: [...model.outgoing.map((one) => one.text), model.draft].filter((text) => text !== "").join("\n"),
  }),
  forgotten: (model) => ({ ...stranger(model), draft: "", topic: null, announcement: null }),
  draft_restored: (model, { draft, topic, name }) => ({ ...model, draft, topic, name }),
  line: (model, { status }) => withLine(model, status),
  line_late: (model) => ({ ...model, lineLate: model.line === "connecting" || model.line === "waiting" }),
  frame: (model, { frame, now }) => afterFrame(model, frame, now),
  tick: (model, { now }) => (model.typingUntil !== 0 && now >= model.typingUntil ? { ...model, typingUntil: 0 } : model),
  topic_chosen: (model, { topic }) => ({ ...model, topic, requestType: null, nameMissing: false }),
  request_type_chosen: (model, { requestType }) => ({ ...model, requestType }),
  name_typed: (model, { name }) => ({ ...model, name: name.slice(0, 100), nameMissing: false }),
  name_missing: (model) => ({ ...model, nameMissing: true }),
  draft_typed: (model, { text }) => ({ ...model, draft: text }),
  said: (model, { outgoing }) => ({
    ...model,
    outgoing: [...model.outgoing, outgoing],
    draft: "",
    attachments: [],
    problem: null,
  }),
  outgoing_restored: (model, { outgoing }) => ({ ...model, outgoing: [...outgoing, ...model.outgoing] }),
  poisoned: (model, { clientId }) => announced(withFailed(model, clientId, "bad_frame"), "failed", ""),
  outgoing_dropped: (model, { clientId }) => ({
    ...model,
    outgoing: model.outgoing.filter((one) => one.clientId !== clientId),
  }),
  outgoing_retried: (model, { clientId }) => withFailed(model, clientId, null),
  file_picked: (model, { attachment }) => ({ ...model, attachments: [...model.attachments, attachment], problem: null }),
  file_progress: (model, { id, share }) => withFile(model, id, { share }),
  file_uploaded: (model, { id, file }) => announced(withFile(model, id, { share: 1, file, failed: null }), "file", file.name),
  file_failed: (model, { id, code }) => withFile(model, id, { failed: code }),
  file_retried: (model, { id }) => withFile(model, id, { failed: null, share: 0 }),
  file_removed: (model, { id }) => ({ ...model, attachments: model.attachments.filter((one) => one.id !== id) }),
  history_asked: (model) => ({ ...model, history: "loading" }),
  history_loaded: (model, { messages }) => withEarlier(model, messages),
  history_failed: (model) => ({ ...model, history: "failed" }),
  shown: (model, { shown }) => ({ ...model, shown }),
  read_told: (model, { seq }) => withSeen(model, seq),
  received_told: (model, { seq }) => ({
    ...model,
    received: model.conversation === null ? null : { conversation: model.conversation.id, seq },
  }),
  end_asked: (model) => ({ ...model, ending: "asked", mailWish: null, callAsked: false }),
  end_dismissed: (model) => ({ ...model, ending: "no" }),
  end_said: (model) => ({ ...model, ending: "sending" }),
  // Two questions at a time are one too many.
  mail_asked: (model, { what }) => ({ ...model, mailWish: what, callAsked: false, ending: model.ending === "asked" ? "no" : model.ending }),
  mail_dismissed: (model) => ({ ...model, mailWish: null }),
  call_asked: (model) => ({ ...model, callAsked: true, mailWish: null, ending: model.ending === "asked" ? "no" : model.ending }),
  call_dismissed: (model) => ({ ...model, callAsked: false }),
  grade_chosen: (model, { grade }) => ({ ...model, rating: { ...model.rating, grade, state: "open" } }),
  comment_typed: (model, { text }) => ({ ...model, rating: { ...model.rating, comment: text.slice(0, COMMENT_MAX) } }),
  rate_said: (model) => ({ ...model, rating: { ...model.rating, state: "sending" } }),
  locale_chosen: (model, { locale }) => ({ ...model, locale }),
  elder_switched: (model, { elder }) => ({ ...model, elder }),
  problem: (model, { code, params }) => ({ ...model, problem: { code, params: params ?? {} } }),
  problem_dismissed: (model) => ({ ...model, problem: null }),
};

/** The one entrance. */
export function reduce(model: Model, action: Action): Model {
  const handler = handlers[action.type] as (model: Model, action: Action) => Model;
  return handler(model, action);
}

/** Another person, or nobody: only what belongs to the page stays. */
function stranger(model: Model): Model {
  const { locale, elder, phase, channel, shown, topic, draft, announcement } = model;
  return initialModel({ locale, elder, phase, channel, shown, topic, draft, announcement });
}

function withLine(model: Model, line: LineStatus): Model {
  const down = line === "connecting" || line === "waiting";
  return { ...model, line, lineLate: down ? model.lineLate : false, typingUntil: down ? 0 : model.typingUntil };
}

function withFile(model: Model, id: string, change: Partial<Attachment>): Model {
  return { ...model, attachments: model.attachments.map((one) => (one.id === id ? { ...one, ...change } : one)) };
}

function known(topics: readonly { id: string }[], topic: string | null): string | null {
  return topics.some((one) => one.id === topic) ? topic : null;
}
