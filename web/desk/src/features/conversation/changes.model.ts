/** What happened to messages after they were said: changed, taken back, answered with a sign, files that came later.
 * The log tells it by facts of their own; the desk shows it where the message stands. */
import type { FileRef, Message, Notice } from "@hutong/api-client";

export interface Change {
  /** What it says now; undefined while nothing was changed. */
  text: string | undefined;
  /** What it said before, its first words first. */
  before: readonly string[];
  /** When it was taken back. */
  takenBackAt: number | undefined;
  /** Signs and how many people gave them, in the order in which they came. */
  reactions: ReadonlyMap<string, number>;
  /** Who gave each of them, as far as the network tells. */
  by: ReadonlyMap<string, readonly string[]>;
  /** Files that were on their way and are here, by id. */
  arrived: ReadonlyMap<string, FileRef>;
  /** Why files will not come, by id. */
  missing: ReadonlyMap<string, string>;
  /** Why it did not reach the contact, each reason once; undefined when nothing of the kind is known. */
  failed: readonly string[] | undefined;
  /** The last fact about it: what was drawn with the same one is the same. */
  turn: number;
}

export interface Changes {
  /** By the seq of the message. */
  of: ReadonlyMap<number, Change>;
  /** The seqs of facts that are shown at their messages, and are no entries of their own. */
  folded: ReadonlySet<number>;
}

const none: Change = {
  text: undefined, before: [], takenBackAt: undefined, reactions: new Map(), by: new Map(), arrived: new Map(), missing: new Map(), failed: undefined, turn: 0,
};
const nothing: Changes = { of: new Map(), folded: new Set() };

function reacted(before: ReadonlyMap<string, number>, emoji: string, added: boolean): ReadonlyMap<string, number> {
  const next = new Map(before);
  const count = (next.get(emoji) ?? 0) + (added ? 1 : -1);
  if (count > 0) next.set(emoji, count);
  else next.delete(emoji);
  return next;
}

/** Who gave a sign, after one fact more; somebody is named once. */
function givenBy(before: Change["by"], { emoji, added, by }: { emoji: string; added: boolean; by?: string }): Change["by"] {
  if (!by) return before;
  const others = (before.get(emoji) ?? []).filter((name) => name !== by);
  return new Map(before).set(emoji, added ? [...others, by] : others);
}

/** A message after one fact more; undefined when the fact says nothing of a message's fate. */
function after(change: Change, message: Message, { at, notice }: { at: number; notice: Notice }): Change | undefined {
  switch (notice.code) {
    case "edited": {
      const said = change.text ?? message.text ?? "";
      return said === notice.text ? change : { ...change, text: notice.text, before: [...change.before, said] };
    }
    case "taken_back":
      return { ...change, takenBackAt: change.takenBackAt ?? at };
    case "reacted":
      return { ...change, reactions: reacted(change.reactions, notice.emoji, notice.added), by: givenBy(change.by, notice) };
    case "file_arrived":
      return { ...change, arrived: new Map(change.arrived).set(notice.file.id, notice.file) };
    case "file_missing":
      return { ...change, missing: new Map(change.missing).set(notice.file, notice.reason) };
    case "undelivered": {
      const known = change.failed ?? [];
      return { ...change, failed: known.includes(notice.reason) ? known : [...known, notice.reason] };
    }
    default:
      return undefined;
  }
}

/** Finds the message of which a fact speaks. Letters tell of their fate themselves, with the address that failed. */
function targetOf(messages: readonly Message[], notice: Notice): Message | undefined {
  if (notice.code === "undelivered") {
    const found = notice.recipient === "" && notice.message ? messages.find((one) => one.id === notice.message) : undefined;
    return found?.mail ? undefined : found;
  }
  if (!("seq" in notice)) return undefined;
  const { seq } = notice;
  // Seqs have no gaps as a rule.
  const guess = messages[seq - (messages[0]?.seq ?? 0)];
  return guess?.seq === seq ? guess : messages.find((one) => one.seq === seq);
}

/** What became of the messages that are loaded. */
export function changesIn(messages: readonly Message[]): Changes {
  const of = new Map<number, Change>();
  const folded = new Set<number>();
  for (const { seq, at, notice } of messages) {
    const target = notice && targetOf(messages, notice);
    if (!notice || !target || target.kind === "notice") continue;
    const next = after(of.get(target.seq) ?? none, target, { at, notice });
    if (!next) continue;
    of.set(target.seq, { ...next, turn: seq });
    folded.add(seq);
  }
  return folded.size === 0 ? nothing : { of, folded };
}
