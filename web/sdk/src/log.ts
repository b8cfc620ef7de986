/** What is known of the conversation after a frame of the line. Pure: the same log and frame give the same log. */
import type { ChatState, FileRef, FrameOf, Message, WidgetFrame } from "@hutong/api-client";

type Frame<T extends WidgetFrame["type"]> = FrameOf<WidgetFrame, T>;

/** How long `typing` is shown after the last sign of it, in milliseconds. */
export const TYPING_MS = 5000;

/** Something that the person said and the log does not have yet. */
export interface Outgoing {
  clientId: string;
  at: number;
  text: string;
  files: FileRef[];
  /** Why it was refused for good; null while it is on its way. */
  failed: string | null;
}

/** The conversation as far as it is known here. */
export interface ChatLog {
  /** Who the person is, once there is a session. */
  contact: string | null;
  epoch: string | null;
  /** Up to here nothing is missing: what resuming starts from. */
  resumeSeq: number;
  conversation: ChatState | null;
  /** By seq, without doubles. */
  messages: Message[];
  outgoing: Outgoing[];
  history: "idle" | "loading" | "failed" | "done";
  typingUntil: number;
  /** The first `welcome` came. */
  welcomed: boolean;
  /** The gateway reaches its queue. */
  linkUp: boolean;
}

export function emptyLog(): ChatLog {
  return {
    contact: null, epoch: null, resumeSeq: 0, conversation: null, messages: [], outgoing: [], history: "idle", typingUntil: 0,
    welcomed: false, linkUp: true,
  };
}

/** Applies one frame; whatever else stands in `log` stays. */
export function logAfter<L extends ChatLog>(log: L, frame: WidgetFrame, now: number): L {
  switch (frame.type) {
    case "welcome":
      return afterWelcome(log, frame);
    case "message":
      return afterMessage(log, frame);
    case "ack":
      return afterAck(log, frame, now);
    case "refused":
      return afterRefusal(log, frame);
    case "state":
      return withState(log, frame.conversation);
    case "typing":
      return { ...log, typingUntil: now + TYPING_MS };
    case "read":
      return afterRead(log, frame);
    case "link":
      return { ...log, linkUp: frame.up };
    default:
      // `pong`, and frames of a later protocol.
      return log;
  }
}

function afterWelcome<L extends ChatLog>(log: L, frame: Frame<"welcome">): L {
  const messages = merged(frame.resumed ? log.messages : [], frame.messages);
  return {
    ...log,
    epoch: frame.epoch,
    welcomed: true,
    linkUp: true,
    resumeSeq: Math.max(frame.resumed ? log.resumeSeq : 0, lastSeq(frame.messages)),
    conversation: frame.conversation ?? null,
    messages,
    outgoing: unsaid(log.outgoing, messages),
    history: historyOf(messages, frame.resumed ? log.history : "idle"),
  };
}

/** Does this frame speak of another conversation than the log? */
export const ofAnother = (log: ChatLog, conversation: string | null | undefined) =>
  log.conversation !== null && typeof conversation === "string" && log.conversation.id !== conversation;

function afterMessage<L extends ChatLog>(log: L, { message, conversation }: Frame<"message">): L {
  const other = ofAnother(log, conversation);
  return {
    ...log,
    messages: merged(other ? [] : log.messages, [message]),
    resumeSeq: Math.max(other ? 0 : log.resumeSeq, message.seq),
    outgoing: unsaid(log.outgoing, [message]),
    typingUntil: fromAgent(message) ? 0 : log.typingUntil,
  };
}

/** The ack of something said makes a message of it; the log's own copy replaces it when it comes. */
function afterAck<L extends ChatLog>(log: L, frame: Frame<"ack">, now: number): L {
  const said = log.outgoing.find((outgoing) => outgoing.clientId === frame.client_id);
  if (said === undefined) return log;
  const outgoing = log.outgoing.filter((one) => one !== said);
  if (frame.seq === undefined || frame.seq === null) return { ...log, outgoing };
  const message: Message = {
    seq: frame.seq,
    at: now,
    id: frame.message ?? "",
    author: { type: "contact", id: log.contact ?? "" },
    kind: "text",
    text: said.text,
    files: said.files,
    client_id: said.clientId,
  };
  const other = ofAnother(log, frame.conversation);
  const known = !other && log.messages.some((one) => one.seq === message.seq);
  // `resumeSeq` stays: between it and this seq an agent's word may still be on its way.
  return { ...log, outgoing, messages: known ? log.messages : merged(other ? [] : log.messages, [message]) };
}

function afterRefusal<L extends ChatLog>(log: L, frame: Frame<"refused">): L {
  // With a hint the line says it again by itself: it is merely late.
  if (typeof frame.retry_after_ms === "number") return log;
  return withFailed(log, frame.client_id ?? "", frame.code);
}

/** Something that was said came to nothing. */
export function withFailed<L extends ChatLog>(log: L, clientId: string, failed: string | null): L {
  if (!log.outgoing.some((one) => one.clientId === clientId)) return log;
  return { ...log, outgoing: log.outgoing.map((one) => (one.clientId === clientId ? { ...one, failed } : one)) };
}

function afterRead<L extends ChatLog>(log: L, { by, seq }: Frame<"read">): L {
  const { conversation } = log;
  if (conversation === null) return log;
  const side = by === "agent" ? "read_by_agent" : "read_by_contact";
  return { ...log, conversation: { ...conversation, [side]: Math.max(conversation[side], seq) } };
}

function withState<L extends ChatLog>(log: L, state: ChatState): L {
  const other = ofAnother(log, state.id);
  return {
    ...log,
    conversation: other ? state : keepMarks(log.conversation, state),
    messages: other ? [] : log.messages,
    typingUntil: over(state) ? 0 : log.typingUntil,
  };
}

/** Read marks only grow, whatever order the frames come in. */
function keepMarks(known: ChatState | null, state: ChatState): ChatState {
  return {
    ...state,
    read_by_agent: Math.max(known?.read_by_agent ?? 0, state.read_by_agent),
    read_by_contact: Math.max(known?.read_by_contact ?? 0, state.read_by_contact),
  };
}

/** Earlier messages came. */
export function withEarlier<L extends ChatLog>(log: L, messages: readonly Message[]): L {
  const all = merged(messages, log.messages);
  return { ...log, messages: all, history: messages.length === 0 ? "done" : historyOf(all, "idle") };
}

/** Is the conversation over for the person? */
export function over(state: ChatState): boolean {
  return state.state === "closed" || state.state === "wrap_up";
}

function unsaid(outgoing: readonly Outgoing[], messages: readonly Message[]): Outgoing[] {
  const logged = new Set(messages.flatMap((message) => message.client_id ?? []));
  return outgoing.filter((one) => !logged.has(one.clientId));
}

/** With the first message in hand there is nothing earlier to ask for. */
function historyOf(messages: readonly Message[], known: ChatLog["history"]): ChatLog["history"] {
  return (messages[0]?.seq ?? 1) <= 1 ? "done" : known;
}

/** Both lists as one, by seq; of two with the same seq the later heard one stays. */
export function merged(known: readonly Message[], heard: readonly Message[]): Message[] {
  if (heard.length === 0) return [...known];
  const last = known.at(-1);
  const first = heard[0];
  if (last === undefined) return ordered(heard);
  if (heard.length === 1 && first !== undefined && first.seq > last.seq) return [...known, first];
  return ordered([...known, ...heard]);
}

function ordered(messages: readonly Message[]): Message[] {
  const bySeq = new Map(messages.map((message) => [message.seq, message]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** The highest seq, 0 for none. */
export function lastSeq(messages: readonly Message[]): number {
  return messages.at(-1)?.seq ?? 0;
}

/** Is this something that an agent said to the person? */
export function fromAgent(message: Message): boolean {
  return message.author.type === "agent" && message.kind === "text";
}

/** Messages by an agent that the person has not seen. */
export function unreadOf(log: ChatLog): number {
  const read = log.conversation?.read_by_contact ?? 0;
  return log.messages.filter((message) => message.seq > read && fromAgent(message)).length;
}

/** The seq to report as received: the last word of an agent that is here, and neither seen nor reported. */
export function toReceive(log: ChatLog, told: { conversation: string; seq: number } | null): number | null {
  if (log.conversation === null || !log.welcomed) return null;
  const last = lastSeq(log.messages.filter(fromAgent));
  const { id, read_by_contact: read } = log.conversation;
  return last > Math.max(read, told?.conversation === id ? told.seq : 0) ? last : null;
}

/** The person has seen up to here. */
export function withSeen<L extends ChatLog>(log: L, seq: number): L {
  return log.conversation === null ? log : afterRead(log, { type: "read", by: "contact", seq });
}
