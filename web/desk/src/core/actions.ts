/** What an agent does: each call is one transition, shown at once where that is safe. */
import type { ConversationSummary, DescribeConversation, FileRef, Presence } from "@hutong/api-client";
import { say } from "@hutong/ui";
import { wantComposer } from "../features/conversation/focus";
import type { Held } from "../features/letters/undo.model";
import { t } from "../texts/texts";
import { present } from "./clock";
import { deliver, mintId, tell } from "./connection";
import { withPending, without, type Pending } from "./log.model";
import { goTo, route } from "./navigation";
import { problemText } from "./problems";
import { api } from "./session";
import { changeLog, desk, loadConversation } from "./store";

/** Shows a failed call in plain words; true when the call went through. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    say(problemText(error), "danger");
    return false;
  }
}

export function setPresence(presence: Presence) {
  const before = desk.value;
  if (!before) return;
  desk.value = { ...before, presence, presenceReason: "agent" };
  void attempt(() => api.post("/presence", { presence })).then((done) => {
    if (!done && desk.value) desk.value = { ...desk.value, presence: before.presence, presenceReason: before.presenceReason };
  });
}

function putBack(one: ConversationSummary, code: string) {
  say(code === "stale_offer" ? t("offer.passed") : t("offer.lost"), "danger");
  void loadConversation(one.id).catch(() => undefined);
}

/** Takes an offer; the conversation opens at once and turns active with the gateway's word. */
export function accept(one: ConversationSummary) {
  if (!one.offer_token) return;
  const frame = { type: "accept" as const, client_id: mintId(), conversation: one.id, token: one.offer_token };
  deliver(frame, (code) => putBack(one, code));
  forgetOffer(one.id);
  wantComposer(one.id);
  openConversation(one.id);
}

export function decline(one: ConversationSummary, reason: string) {
  if (!one.offer_token) return;
  const frame = { type: "decline" as const, client_id: mintId(), conversation: one.id, token: one.offer_token, reason };
  deliver(frame, (code) => putBack(one, code));
  forgetOffer(one.id);
}

/** The card goes at once; the state follows by event. */
function forgetOffer(id: string) {
  const state = desk.value;
  const one = state?.known.get(id);
  if (state && one) desk.value = { ...state, known: new Map(state.known).set(id, { ...one, offer_token: null }) };
}

export function openConversation(id: string) {
  const tab = route.value.page === "work" ? route.value.tab : "mine";
  const held = desk.value?.known.get(id)?.agent === desk.value?.me.id;
  goTo({ page: "work", tab: held ? "mine" : tab, conversation: id, q: "" });
}

function write(conversation: string, one: Pending) {
  changeLog(conversation, (log) => withPending(log, { ...one, state: "pending" }));
  const { client_id, text } = one;
  const frame = one.kind === "note"
    ? { type: "note" as const, client_id, conversation, text }
    : { type: "send" as const, client_id, conversation, text, files: one.files.map((file) => file.id), ...(one.mail ? { mail: one.mail } : {}) };
  if (!deliver(frame)) {
    changeLog(conversation, (log) => withPending(log, { ...one, state: "failed", problem: "too_much_waiting" }));
  }
}

export function send(conversation: string, kind: Pending["kind"], text: string, files: readonly FileRef[]) {
  write(conversation, { client_id: mintId(), kind, text, files, at: present(), state: "pending" });
}

/** Sends a letter under the id that it had while it was held; false when too much waits already. */
export function sendLetter({ client_id, conversation, text, files, mail }: Held): boolean {
  const frame = { type: "send" as const, client_id, conversation, text, files: files.map((file) => file.id), mail };
  if (!deliver(frame)) return false;
  changeLog(conversation, (log) => withPending(log, { client_id, kind: "text", text, files, mail, at: present(), state: "pending" }));
  return true;
}

/** Says a refused message again, as a new one. */
export function sendAgain(conversation: string, one: Pending) {
  changeLog(conversation, (log) => without(log, one.client_id));
  const { kind, text, files, mail } = one;
  write(conversation, { client_id: mintId(), kind, text, files, mail, at: present(), state: "pending" });
}

export function discard(conversation: string, one: Pending) {
  changeLog(conversation, (log) => without(log, one.client_id));
}

const TYPING_EVERY_MS = 2500;
let lastTyping = 0;

export function tellTyping(conversation: string) {
  if (present() - lastTyping < TYPING_EVERY_MS) return;
  lastTyping = present();
  tell({ type: "typing", conversation });
}

/** Marks as read what is in sight; only the one who holds it marks. */
export function markRead(id: string) {
  // What is known now, not what was drawn: an event may have come between.
  const state = desk.value;
  const one = state?.known.get(id);
  if (!state || !one || one.agent !== state.me.id || one.read_by_agent >= one.last_seq) return;
  if (!tell({ type: "read", conversation: one.id, seq: one.last_seq })) return;
  desk.value = { ...state, known: new Map(state.known).set(one.id, { ...one, read_by_agent: one.last_seq }) };
}

const at = (id: string, verb: string) => `/conversations/${id}/${verb}`;

export const transfer = (id: string, to: { queue: string } | { agent: string }, note: string) =>
  attempt(() => api.post(at(id, "transfer"), { ...to, ...(note ? { note } : {}) }));

export const close = (id: string, request_type: string, resolution: string) =>
  attempt(() => api.post(at(id, "close"), {
    ...(request_type ? { request_type } : {}), ...(resolution ? { resolution } : {}) }));

export const endWrapUp = (id: string) => attempt(() => api.post(at(id, "end_wrap_up")));

export const snooze = (id: string, until: number) => attempt(() => api.post(at(id, "snooze"), { until }));

export const assign = (id: string, agent: string) => attempt(() => api.post(at(id, "assign"), { agent }));

export const describe = (id: string, change: DescribeConversation) =>
  attempt(async () => {
    await api.post(at(id, "describe"), change);
    await loadConversation(id);
  });

/** What is to happen with the call of a conversation. */
export const callAct = (id: string, act: "place" | "hang_up" | "hold" | "resume") => attempt(() => api.post(at(id, "call"), { act }));

export const askCallback = (id: string, number: string, from: number | undefined) =>
  attempt(() => api.put(at(id, "callback"), { number, from }));

export const cancelCallback = (id: string) => attempt(() => api.delete(at(id, "callback")));

/** Whoever is served wants no more calls: the number goes on the desk's list. */
export const refuseCalls = (id: string, note: string) => attempt(() => api.put(at(id, "callback/refusal"), { note }));

/** The whole number; who looks is on record. */
export async function revealNumber(id: string): Promise<string | null> {
  try {
    const { number } = await api.get<{ number: string }>(at(id, "callback/number"));
    return number;
  } catch (error) {
    say(problemText(error), "danger");
    return null;
  }
}
