/** One conversation's log as far as it was read, and what waits to be written into it. */
import type { Addressees, FileRef, Message } from "@hutong/api-client";

export interface Pending {
  client_id: string;
  kind: "text" | "note";
  text: string;
  files: readonly FileRef[];
  /** To whom a letter goes. */
  mail?: Addressees | undefined;
  at: number;
  /** `sent` is acknowledged and not yet seen in the log. */
  state: "pending" | "sent" | "failed";
  /** The code of the refusal. */
  problem?: string;
}

export interface Log {
  /** In order of seq, without doubles. */
  messages: readonly Message[];
  pending: readonly Pending[];
  status: "loading" | "ready" | "failed";
  /** Earlier messages are being asked for. */
  loadingEarlier: boolean;
}

/** The most messages kept of one log; a longer one forgets its oldest, which can be asked for again. */
export const LOG_MESSAGES_MAX = 10_000;

export const newLog: Log = { messages: [], pending: [], status: "loading", loadingEarlier: false };

/** Takes messages in, in whatever order they come and however often. */
export function withMessages(log: Log, incoming: readonly Message[]): Log {
  if (incoming.length === 0) return log;
  const seen = new Set(incoming.map((message) => message.client_id).filter(Boolean));
  const pending = log.pending.filter((one) => !seen.has(one.client_id));
  const last = log.messages.at(-1);
  const inOrder = incoming.every((message, n) => message.seq === (last?.seq ?? 0) + 1 + n);
  if (inOrder && last) return { ...log, pending, messages: [...log.messages, ...incoming].slice(-LOG_MESSAGES_MAX) };
  const bySeq = new Map(log.messages.map((message) => [message.seq, message]));
  for (const message of incoming) bySeq.set(message.seq, message);
  const messages = [...bySeq.values()].sort((a, b) => a.seq - b.seq).slice(-LOG_MESSAGES_MAX);
  return { ...log, pending, messages };
}

/** The seq after which something is missing between what was read, if anything is. */
export function gapAfter(log: Log): number | undefined {
  const at = log.messages.findIndex((message, n) => n > 0 && message.seq !== (log.messages[n - 1]?.seq ?? 0) + 1);
  return at < 0 ? undefined : log.messages[at - 1]?.seq;
}

export function hasEarlier(log: Log): boolean {
  return (log.messages[0]?.seq ?? 1) > 1;
}

export function withPending(log: Log, one: Pending): Log {
  const others = log.pending.filter((each) => each.client_id !== one.client_id);
  return { ...log, pending: [...others, one] };
}

export function settle(log: Log, clientId: string, state: Pending["state"], problem?: string): Log {
  const pending = log.pending.map((one) =>
    one.client_id === clientId ? { ...one, state, ...(problem === undefined ? {} : { problem }) } : one);
  return { ...log, pending };
}

export function without(log: Log, clientId: string): Log {
  return { ...log, pending: log.pending.filter((one) => one.client_id !== clientId) };
}
