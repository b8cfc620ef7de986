/** How a log becomes a timeline, how text becomes words and links, and what a composer may send. */
import type { Message, QuickReply } from "@hutong/api-client";
import { sameDay } from "@hutong/ui";

export type Entry =
  | { type: "day"; key: string; at: number }
  | { type: "message"; key: string; message: Message; first: boolean };

/** Words of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

const who = (message: Message) => `${message.author.type}:${"id" in message.author ? message.author.id : ""}:${message.kind}`;

/** `folded` are facts that are shown at the messages of which they speak. */
export function timeline(messages: readonly Message[], folded: ReadonlySet<number> = new Set()): Entry[] {
  const entries: Entry[] = [];
  let before: Message | undefined;
  for (const message of messages) {
    if (folded.has(message.seq)) continue;
    const newDay = !before || !sameDay(before.at, message.at);
    if (newDay) entries.push({ type: "day", key: `day-${message.seq}`, at: message.at });
    const first = newDay || !before || who(before) !== who(message) || message.at - before.at > TOGETHER_MS;
    entries.push({ type: "message", key: message.id, message, first });
    before = message;
  }
  return entries;
}

/** How many seqs one piece spans. */
const PIECE_SEQS = 50;

export function pieceOf(seq: number): number {
  return Math.floor(seq / PIECE_SEQS);
}

/** Entries in pieces that are drawn and left alone; a piece is cut at fixed seqs, so it stays the same. */
export function pieces(entries: readonly Entry[]): { key: number; entries: readonly Entry[]; last: number }[] {
  const found: { key: number; entries: Entry[]; last: number }[] = [];
  let day: Entry | null = null;
  for (const entry of entries) {
    if (entry.type === "day") {
      day = entry;
      continue;
    }
    const key = pieceOf(entry.message.seq);
    let piece = found.at(-1);
    if (piece?.key !== key) {
      piece = { key, entries: [], last: 0 };
      found.push(piece);
    }
    if (day) piece.entries.push(day);
    day = null;
    piece.entries.push(entry);
    piece.last = entry.message.seq;
  }
  return found;
}

/** How far the desk's words have come: the last that the contact has read, the last that reached a device, the last said. */
export type Marks = { read: number; received: number; said: number };
export type Mark = "read" | "received" | "sent";

export function marksOf(messages: readonly Message[], readUpTo: number, receivedUpTo: number): Marks {
  const marks = { read: 0, received: 0, said: 0 };
  for (const message of messages) {
    if (message.author.type !== "agent" || message.kind !== "text") continue;
    marks.said = message.seq;
    if (message.seq <= receivedUpTo) marks.received = message.seq;
    if (message.seq <= readUpTo) marks.read = message.seq;
  }
  return marks;
}

/** Only the last word that came so far carries a mark. */
export function markOf(seq: number, { read, received, said }: Marks): Mark | null {
  if (seq === read) return "read";
  if (seq === received && received > read) return "received";
  return seq === said && said > Math.max(read, received) ? "sent" : null;
}

export type Part = { text: string; href?: string };

const LINK = /https?:\/\/[^\s<>"'，。；！？、（）【】《》“”]+/giu;

/** Foreign text in parts; only http and https become links, and their address is their text. */
export function linkParts(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const found = match[0].replace(/[.,;:!?)\]}]+$/u, "");
    if (!URL.canParse(found)) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: found, href: found });
    at = match.index + found.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** Limits of one message, as the gateway holds them. */
export const TEXT_BYTES_MAX = 16 * 1024;
export const FILES_MAX = 10;
export const FILE_BYTES_MAX = 20 * 1024 * 1024;

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A search for a quick reply: where its slash stands, and what is typed after it. */
export interface Slash {
  at: number;
  query: string;
}

/** The slash that begins the word before the caret, anywhere in the text. Null when there is none. */
export function slashAt(text: string, caret: number): Slash | null {
  const match = /(?:^|\s)\/([^\s/]*)$/u.exec(text.slice(0, caret));
  const query = match?.[1] ?? "";
  return match ? { at: caret - query.length - 1, query: query.toLowerCase() } : null;
}

/** The text with a quick reply in the place of its search, and where the caret stands then. */
export function withReply(text: string, caret: number, { at }: Slash, reply: string): { text: string; caret: number } {
  return { text: text.slice(0, at) + reply + text.slice(caret), caret: at + reply.length };
}

/** The text with a slash at the caret, as a word of its own. */
export function withSlash(text: string, caret: number): { text: string; caret: number } {
  const slash = caret === 0 || /\s/u.test(text.charAt(caret - 1)) ? "/" : " /";
  return { text: text.slice(0, caret) + slash + text.slice(caret), caret: caret + slash.length };
}

/** Does a paste bring files to attach? Office programs add a picture of the words that are copied. */
export function pastesFiles(data: { types: readonly string[]; text: string; files: number }): boolean {
  const isText = data.text.trim() !== "" && data.types.some((type) => type === "text/html" || type === "text/rtf");
  return data.files > 0 && !isText;
}

const wordsOf = (reply: QuickReply) => [reply.title["zh-CN"], reply.title.en, reply.text["zh-CN"], reply.text.en];

/** Quick replies that fit: by their short name first, then by any of their words. */
export function findReplies(replies: readonly QuickReply[], query: string, most = 8): QuickReply[] {
  const starts = replies.filter((reply) => reply.id.startsWith(query));
  const others = replies.filter((reply) => !starts.includes(reply)
    && (reply.id.includes(query) || wordsOf(reply).some((words) => words?.toLowerCase().includes(query))));
  return [...starts, ...others].slice(0, most);
}

/** Does this key send, by the person's choice? Never while an input method composes. */
export function sends(event: { key: string; shiftKey: boolean; ctrlKey: boolean; metaKey: boolean; isComposing: boolean },
  by: "enter" | "ctrl_enter"): boolean {
  if (event.key !== "Enter" || event.isComposing || event.shiftKey) return false;
  const withCtrl = event.ctrlKey || event.metaKey;
  return by === "enter" || withCtrl;
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [value, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KB"] : [bytes / 1024 / 1024, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
