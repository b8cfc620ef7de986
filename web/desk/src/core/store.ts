/** The desk's state as signals, and the loads that keep it whole. */
import type { ConversationSummary, DeskSnapshot, Event, Message, Schemas } from "@hutong/api-client";
import { computed, signal } from "@preact/signals";
import { learnClock, present } from "./clock";
import { applyEvent, deskFrom, isMine, isResting, remember, withUndelivered, withWordsNow, type DeskState } from "./desk.model";
import { gapAfter, newLog, withMessages, type Log } from "./log.model";
import { api } from "./session";
import { undeliveredIn } from "./undelivered.model";

export const PAGE_MESSAGES = 100;

/** The most logs kept open; the longest unused is forgotten. */
const LOGS_MAX = 50;

export const desk = signal<DeskState | null>(null);
export const deskProblem = signal<unknown>(null);
export const logs = signal<ReadonlyMap<string, Log>>(new Map());
/** Who types where, and until when it is shown. */
export const typing = signal<ReadonlyMap<string, { who: string; preview: string | null; until: number }>>(new Map());
/** Grows with each event: pages that show lists of others look again. */
export const deskEvents = signal<{ count: number; last: Event | null }>({ count: 0, last: null });

export const mine = computed(() => {
  const state = desk.value;
  return state ? [...state.known.values()].filter((one) => isMine(state, one)) : [];
});

/** What I put to rest, the first to wake first. */
export const resting = computed(() => {
  const state = desk.value;
  const found = state ? [...state.known.values()].filter((one) => isResting(state, one)) : [];
  return found.sort((a, b) => (a.until ?? 0) - (b.until ?? 0) || a.id.localeCompare(b.id));
});

/** Events that came while the desk was being loaded. */
let held: Event[] | null = null;

/** Loads the desk; events that come meanwhile are applied after it. */
export async function loadDesk(onCursor: (epoch: string, cursor: string) => void) {
  held ??= [];
  try {
    const snapshot = await api.get<DeskSnapshot>("/desk");
    learnClock(snapshot.now);
    desk.value = deskFrom(snapshot, desk.value);
    deskProblem.value = null;
    onCursor(snapshot.epoch, snapshot.cursor);
    const waiting = held;
    held = null;
    for (const event of waiting ?? []) takeEvent(event);
    for (const one of mine.peek()) void lookForUndelivered(one);
  } catch (error) {
    deskProblem.value = error;
    throw error;
  }
}

/** Up to which seq it was looked for letters that came back, by conversation. */
const lookedUpTo = new Map<string, number>();

/** The desk's lists tell the last words of people: whether an answer came back after them, only the log tells. */
async function lookForUndelivered({ id, kind, last_seq }: ConversationSummary) {
  if ((kind !== "email" && kind !== "im") || (lookedUpTo.get(id) ?? 0) >= last_seq) return;
  try {
    const { messages } = await page(id, { before_seq: last_seq + 1 });
    lookedUpTo.set(id, last_seq);
    const state = desk.value;
    // What came meanwhile was told by an event, and weighs more.
    if (state?.known.get(id)?.last_seq === last_seq) desk.value = withWordsNow(withUndelivered(state, id, undeliveredIn(messages)), id, messages);
  } catch {
    // The next load of the desk looks again; the conversation itself shows it in any case.
  }
}

let reloadTimer: ReturnType<typeof setTimeout> | undefined;

/** Names changed: look again soon, once for a burst. */
function reloadSoon() {
  clearTimeout(reloadTimer);
  reloadTimer = setTimeout(() => void loadDesk(() => {}).catch(() => undefined), 400);
}

/** How often it is asked whether what rests still rests: whom it wakes for, only that agent is told. */
const REST_MS = 30_000;

/** Looks after what rests, for as long as something does. */
export function followRest(): () => void {
  const timer = setInterval(() => {
    if (resting.peek().length > 0 && !document.hidden) reloadSoon();
  }, REST_MS);
  return () => clearInterval(timer);
}

export function takeEvent(event: Event) {
  if (held) {
    held.push(event);
    return;
  }
  const state = desk.value;
  if (!state) return;
  const applied = applyEvent(state, event);
  desk.value = applied.state;
  if (applied.load) void loadConversation(applied.load).then((one) => (isMine(applied.state, one) ? lookForUndelivered(one) : undefined), () => undefined);
  if (applied.reload) reloadSoon();
  if (event.type === "message_appended") takeMessage(event.conversation, event.message);
  deskEvents.value = { count: deskEvents.value.count + 1, last: event };
}

function takeMessage(conversation: string, message: Message) {
  const who = message.author.type === "agent" ? message.author.id : "contact";
  if (typing.value.get(conversation)?.who === who) stopTyping(conversation);
  if (!logs.value.has(conversation)) return;
  changeLog(conversation, (log) => withMessages(log, [message]));
  const log = logs.value.get(conversation);
  const gap = log && gapAfter(log);
  if (gap !== undefined) void loadAfter(conversation, gap);
}

function stopTyping(conversation: string) {
  const left = new Map(typing.value);
  left.delete(conversation);
  typing.value = left;
}

const TYPING_MS = 5000;

export function takeTyping(conversation: string, who: string, preview: string | null) {
  typing.value = new Map(typing.value).set(conversation, { who, preview, until: present() + TYPING_MS });
  setTimeout(() => {
    const one = typing.value.get(conversation);
    if (one && one.until <= present()) stopTyping(conversation);
  }, TYPING_MS + 50);
}

export function changeLog(conversation: string, by: (log: Log) => Log) {
  const next = new Map(logs.value);
  const log = by(next.get(conversation) ?? newLog);
  next.delete(conversation);
  next.set(conversation, log);
  for (const [id, one] of next) {
    if (next.size <= LOGS_MAX) break;
    if (one.pending.length === 0 && id !== conversation) next.delete(id);
  }
  logs.value = next;
}

export async function loadConversation(id: string): Promise<ConversationSummary> {
  const one = await api.get<ConversationSummary>(`/conversations/${id}`);
  if (desk.value) desk.value = remember(desk.value, one);
  return one;
}

const page = (id: string, query: Record<string, number>) =>
  api.get<Schemas["MessageList"]>(`/conversations/${id}/messages`, { limit: PAGE_MESSAGES, ...query });

/** Reads a conversation from its end. */
export async function openLog(id: string) {
  const log = logs.value.get(id);
  if (log?.status === "ready") return;
  changeLog(id, (before) => ({ ...before, status: "loading" }));
  try {
    const one = await loadConversation(id);
    const { messages } = await page(id, { before_seq: one.last_seq + 1 });
    changeLog(id, (before) => ({ ...withMessages(before, messages), status: "ready" }));
    if (desk.value) desk.value = withWordsNow(desk.value, id, messages);
  } catch {
    changeLog(id, (before) => ({ ...before, status: "failed" }));
  }
}

/** Reads on from a seq, for as long as something is missing. */
export async function loadAfter(id: string, seq: number) {
  try {
    const { messages } = await page(id, { after_seq: seq });
    changeLog(id, (log) => withMessages(log, messages));
    const last = messages.at(-1);
    if (messages.length === PAGE_MESSAGES && last) await loadAfter(id, last.seq);
  } catch {
    changeLog(id, (log) => ({ ...log, status: "failed" }));
  }
}

export async function loadEarlier(id: string) {
  const log = logs.value.get(id);
  const first = log?.messages[0];
  if (!first || first.seq === 1 || log.loadingEarlier) return;
  changeLog(id, (before) => ({ ...before, loadingEarlier: true }));
  const messages = await page(id, { before_seq: first.seq }).then((answer) => answer.messages, () => []);
  changeLog(id, (before) => ({ ...withMessages(before, messages), loadingEarlier: false }));
}

/** After a reset: logs that are not in sight are read anew when opened, the open one catches up. */
export function refreshLogs(open: string | null) {
  const kept = new Map([...logs.value].filter(([id, log]) => id === open || log.pending.length > 0));
  for (const [id, log] of kept) if (id !== open) kept.set(id, { ...log, messages: [], status: "loading" });
  logs.value = kept;
  const log = open === null ? undefined : kept.get(open);
  if (open === null || !log) return;
  const last = log.messages.at(-1);
  if (log.status === "ready" && last) void loadAfter(open, last.seq);
  else void openLog(open);
}

export function forgetDesk() {
  desk.value = null;
  logs.value = new Map();
  typing.value = new Map();
  lookedUpTo.clear();
  held = null;
}
