/** What the desk knows, and how each event changes it. Pure: the view and the line are elsewhere. */
import type {
  Agent, ChannelName, ConversationSummary, DeskSnapshot, Event, FrameOf, Localized, Message, Presence, QuickReply,
  RequestType, Skill,
} from "@hutong/api-client";
import { undeliveredAfter, type Undelivered } from "./undelivered.model";

type Of<T extends Event["type"]> = FrameOf<Event, T>;

/** The most conversations of others that are remembered; the oldest seen is forgotten first. */
export const OTHERS_MAX = 300;

export interface DeskState {
  me: Agent;
  presence: Presence;
  /** Why the presence is what it is; empty when unknown. */
  presenceReason: string;
  /** Every conversation that was loaded, mine or looked at. */
  known: ReadonlyMap<string, ConversationSummary>;
  /** Those that I put to rest; whether one still rests, its state says. */
  resting: ReadonlySet<string>;
  /** Letters that came back and need a look, by conversation. */
  undelivered: ReadonlyMap<string, Undelivered>;
  agents: ReadonlyMap<string, string>;
  queues: ReadonlyMap<string, Localized>;
  channels: ReadonlyMap<string, ChannelName>;
  skills: ReadonlyMap<string, Skill>;
  requestTypes: readonly RequestType[];
  quickReplies: readonly QuickReply[];
}

/** An event's effect: the state after it, and what has to be asked for. */
export interface Applied {
  state: DeskState;
  /** A conversation to load, because the event does not tell everything. */
  load?: string;
  /** Settings or skills changed: load the desk again. */
  reload?: true;
}

const mapOf = <T, V>(items: readonly T[], entry: (item: T) => readonly [string, V]) => new Map(items.map(entry));

export function deskFrom(snapshot: DeskSnapshot, before: DeskState | null): DeskState {
  const known = new Map<string, ConversationSummary>();
  // What others hold stays readable; what was mine is in the snapshot or is mine no more.
  for (const [id, one] of before?.known ?? []) if (one.agent !== snapshot.me.id && !before?.resting.has(id)) known.set(id, one);
  for (const one of snapshot.conversations) known.set(one.id, one);
  return {
    me: snapshot.me,
    presence: presenceHere(snapshot.presence),
    presenceReason: before?.presence === presenceHere(snapshot.presence) ? before.presenceReason : "",
    known,
    // The snapshot names what the agent holds, is offered, and put to rest; nothing of others.
    resting: new Set(snapshot.conversations.filter((one) => one.state === "snoozed").map((one) => one.id)),
    undelivered: new Map([...before?.undelivered ?? []].filter(([id]) => known.has(id))),
    agents: mapOf(snapshot.agents, (agent) => [agent.id, agent.name]),
    queues: mapOf(snapshot.queues, (queue) => [queue.id, queue.name]),
    channels: mapOf(snapshot.channels, (channel) => [channel.id, channel]),
    skills: mapOf(snapshot.skills, (skill) => [skill.id, skill]),
    requestTypes: snapshot.request_types,
    quickReplies: snapshot.quick_replies,
  };
}

/** Whoever sits at this desk is signed in: without a presence yet, they are away. */
export function presenceHere(presence: Presence): Presence {
  return presence === "offline" ? "away" : presence;
}

/** Does anything come by mail? */
export function hasMail(state: DeskState): boolean {
  return [...state.channels.values()].some((channel) => channel.kind === "email");
}

/** Is it offered to me, or in my hands? */
export function isMine(state: DeskState, one: ConversationSummary): boolean {
  return one.agent === state.me.id && (one.state === "offered" || isHeld(state, one));
}

/** Does it rest until a time, put there by me? */
export function isResting(state: DeskState, one: ConversationSummary): boolean {
  return one.state === "snoozed" && state.resting.has(one.id);
}

export function isHeld(state: DeskState, one: ConversationSummary): boolean {
  return one.agent === state.me.id && (one.state === "active" || one.state === "wrap_up");
}

/** Remembers a conversation, newest at the end; forgets the oldest of others. */
export function remember(state: DeskState, one: ConversationSummary): DeskState {
  const known = new Map(state.known);
  const before = known.get(one.id);
  known.delete(one.id);
  // An answer on its way may be older than an event that came meanwhile.
  const newer = before && before.last_seq > one.last_seq ? { last_seq: before.last_seq, last_message: before.last_message ?? null } : {};
  known.set(one.id, { ...one, ...newer, read_by_contact: Math.max(one.read_by_contact, before?.read_by_contact ?? 0),
    read_by_agent: Math.max(one.read_by_agent, before?.read_by_agent ?? 0),
    received_by_contact: Math.max(one.received_by_contact ?? 0, before?.received_by_contact ?? 0) });
  const others = [...known.values()].filter((each) => !isMine(state, each) && !isResting(state, each));
  for (const each of others.slice(0, Math.max(0, others.length - OTHERS_MAX))) known.delete(each.id);
  return { ...state, known };
}

function change(state: DeskState, id: string, by: Partial<ConversationSummary>): DeskState {
  const before = state.known.get(id);
  if (!before) return state;
  return { ...state, known: new Map(state.known).set(id, { ...before, ...by }) };
}

const noOffer = { offer_token: null, until: null };

/** Carries out one event. Applying it twice is the same as once. */
export function applyEvent(state: DeskState, event: Event): Applied {
  switch (event.type) {
    case "message_appended":
      return messageAppended(state, event);
    case "read_marked":
      return { state: readMarked(state, event) };
    case "received_marked":
      return { state: receivedMarked(state, event) };
    case "offer_made":
      return offerMade(state, event);
    case "conversation_assigned":
      return assigned(state, event);
    case "conversation_closed":
      return closed(state, event);
    case "presence_changed":
      return event.agent === state.me.id
        ? { state: { ...state, presence: presenceHere(event.presence), presenceReason: event.reason } }
        : { state };
    case "agent_changed":
      return event.agent === state.me.id ? { state, reload: true } : { state };
    case "settings_changed":
      return { state, reload: true };
    default:
      return { state: stepped(state, event), ...(loadAfter(state, event) ?? {}) };
  }
}

function loadAfter(state: DeskState, event: Event): { load: string } | undefined {
  const asks = event.type === "conversation_described" || event.type === "conversation_reopened";
  if (!asks) return undefined;
  return state.known.has(event.conversation) ? { load: event.conversation } : undefined;
}

/** Steps that an event tells completely. */
function stepped(state: DeskState, event: Event): DeskState {
  switch (event.type) {
    case "offer_declined":
    case "offer_expired":
    case "offer_withdrawn": {
      const one = state.known.get(event.conversation);
      if (one?.state !== "offered" || one.agent !== event.agent) return state;
      return change(state, event.conversation, { ...noOffer, state: "queued", agent: null });
    }
    case "conversation_queued":
      return change(state, event.conversation, {
        ...noOffer, state: "queued", agent: null, queue: event.queue, due_at: event.due_at });
    case "conversation_scheduled":
      return change(state, event.conversation, { ...noOffer, state: "scheduled", agent: null, until: event.until });
    case "conversation_snoozed":
      return change(state, event.conversation, { ...noOffer, state: "snoozed", agent: null, until: event.until });
    case "conversation_released":
      return change(withRest(state, event), event.conversation, { ...noOffer, state: "queued", agent: null });
    case "callback_changed":
      return change(state, event.conversation, { callback: event.callback });
    case "wrap_up_ended":
      return change(state, event.conversation, { state: "closed", until: null });
    default:
      return state;
  }
}

/** Whoever let it rest keeps it in sight. */
function withRest(state: DeskState, { conversation, agent, reason }: Of<"conversation_released">): DeskState {
  const resting = new Set(state.resting);
  if (reason === "snoozed" && agent === state.me.id) resting.add(conversation);
  else resting.delete(conversation);
  return { ...state, resting };
}

function messageAppended(state: DeskState, event: Of<"message_appended">): Applied {
  const one = state.known.get(event.conversation);
  if (!one) return event.agent === state.me.id ? { state, load: event.conversation } : { state };
  if (event.message.seq <= one.last_seq) return { state };
  // The list shows the last words; system facts stand in the conversation only.
  const words = event.message.kind === "text" ? { last_message: event.message } : changedWords(one, event.message);
  const after = change(state, event.conversation, { last_seq: event.message.seq, ...words });
  return { state: withUndelivered(after, event.conversation, undeliveredAfter(state.undelivered.get(event.conversation), event.message)) };
}

/** The last words may be changed afterwards, or taken back: then the list no longer says them. */
function changedWords({ last_message }: ConversationSummary, { notice }: Message): Partial<ConversationSummary> {
  if (!notice || !("seq" in notice) || last_message?.seq !== notice.seq) return {};
  if (notice.code === "edited") return { last_message: { ...last_message, text: notice.text } };
  return notice.code === "taken_back" ? { last_message: { ...last_message, text: "", files: [], notice } } : {};
}

/** The list's last words as a piece of the log tells them: the desk's lists hold them as they were said. */
export function withWordsNow(state: DeskState, id: string, messages: readonly Message[]): DeskState {
  const before = state.known.get(id);
  const after = before && messages.reduce((one, message) => ({ ...one, ...changedWords(one, message) }), before);
  return !after || after.last_message === before.last_message ? state : change(state, id, { last_message: after.last_message ?? null });
}

/** Remembers what came back in a conversation, or that nothing needs a look any more. */
export function withUndelivered(state: DeskState, conversation: string, found: Undelivered | undefined): DeskState {
  if (state.undelivered.get(conversation) === found) return state;
  const undelivered = new Map(state.undelivered);
  if (found) undelivered.set(conversation, found);
  else undelivered.delete(conversation);
  return { ...state, undelivered };
}

function readMarked(state: DeskState, event: Of<"read_marked">): DeskState {
  const one = state.known.get(event.conversation);
  if (!one) return state;
  const name = event.by === "contact" ? "read_by_contact" : "read_by_agent";
  return change(state, event.conversation, { [name]: Math.max(one[name], event.seq) });
}

function receivedMarked(state: DeskState, event: Of<"received_marked">): DeskState {
  const one = state.known.get(event.conversation);
  return one ? change(state, event.conversation, { received_by_contact: Math.max(one.received_by_contact ?? 0, event.seq) }) : state;
}

function offerMade(state: DeskState, event: Of<"offer_made">): Applied {
  const by = { state: "offered" as const, agent: event.agent, offer_token: event.token, until: event.deadline, why: event.why };
  const known = state.known.has(event.conversation);
  if (known) return { state: change(state, event.conversation, by) };
  return event.agent === state.me.id ? { state, load: event.conversation } : { state };
}

function assigned(state: DeskState, event: Of<"conversation_assigned">): Applied {
  const one = state.known.get(event.conversation);
  if (!one) return event.agent === state.me.id ? { state, load: event.conversation } : { state };
  const repeated = one.state === "active" && one.agent === event.agent;
  const after = change(state, event.conversation, { ...noOffer, state: "active", agent: event.agent });
  return repeated ? { state: after } : { state: after, load: event.conversation };
}

function closed(state: DeskState, event: Of<"conversation_closed">): Applied {
  const one = state.known.get(event.conversation);
  const stateNow = event.wrap_up ? ("wrap_up" as const) : ("closed" as const);
  const after = change(state, event.conversation, { ...noOffer, state: stateNow, agent: event.agent ?? null });
  return one && one.state !== stateNow ? { state: after, load: event.conversation } : { state: after };
}

/** Who has the next word in a conversation that is served. */
export function awaitsReply(one: ConversationSummary): boolean {
  const last: Message | null | undefined = one.last_message;
  if (one.state !== "active") return false;
  if (!last) return true;
  if (last.kind === "notice") return last.notice?.code !== "closed";
  // Whoever took it after a colleague's words has not said anything yet.
  return last.author.type === "contact" || last.at < (one.accepted_at ?? 0);
}

/** How much of it nobody has read: words of the contact, and a letter that came back. */
export function unread(one: ConversationSummary, undelivered?: Undelivered): number {
  // What follows the last words is about them: a file that came, a sign.
  if (one.last_message?.author.type === "contact") return Math.max(0, one.last_message.seq - one.read_by_agent);
  return undelivered && undelivered.seq > one.read_by_agent ? 1 : 0;
}
