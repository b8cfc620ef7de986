/** Letters that could not go on: what can be done about each, what their heads say, and which letter was given up. */
import type { ConversationSummary, DeadLetter, MailAddress, Message, QuarantinedLetter } from "@hutong/api-client";
import { readAddresses } from "./model";

export type Reason = QuarantinedLetter["reason"];
export type Way = "retry" | "download" | "give_up" | "channel";

/** What can be done, the most sensible first. A report is about a letter that is gone: trying it again seldom helps. */
export function waysOf(reason: Reason, isAdmin: boolean): readonly Way[] {
  const forAdmins = (way: Way): Way[] => (isAdmin ? [way] : []);
  switch (reason) {
    case "report":
      return [...forAdmins("give_up"), "download", "retry"];
    case "unreadable":
      return ["download", "retry", ...forAdmins("give_up")];
    case "channel_closed":
      return [...forAdmins("channel"), "retry", "download", ...forAdmins("give_up")];
    case "refused":
    case "loop":
    case "failing":
      return ["retry", "download", ...forAdmins("give_up")];
  }
}

/** So many are counted; more are `99+`. */
export const COUNT_MAX = 99;

export const countText = (count: number) => (count > COUNT_MAX ? `${COUNT_MAX}+` : String(count));

/** What a letter says of itself before its text. */
export interface LetterHead {
  subject: string;
  from: readonly MailAddress[];
  to: readonly MailAddress[];
}

/** So much of a letter is read for its head. */
export const HEAD_BYTES_MAX = 64 * 1024;
const VALUE_CHARS_MAX = 500;

/** Bytes that name no charset: UTF-8 if they are, otherwise what Chinese mail programs write. */
function plain(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

const bytesOf = (latin1: string) => Uint8Array.from(latin1, (char) => char.charCodeAt(0) & 0xff);

function wordBytes(encoding: string, text: string): Uint8Array {
  if (encoding.toLowerCase() === "b") return bytesOf(atob(text.replace(/[^A-Za-z0-9+/]/gu, "")));
  return bytesOf(text.replace(/_/gu, " ").replace(/=([0-9A-F]{2})/giu, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))));
}

interface EncodedWord {
  charset: string;
  bytes: Uint8Array;
}

function decoded(words: readonly EncodedWord[]): string {
  const whole = new Uint8Array(words.reduce((sum, one) => sum + one.bytes.length, 0));
  let at = 0;
  for (const { bytes } of words) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return new TextDecoder(words[0]?.charset).decode(whole);
}

/** Encoded words (RFC 2047) as text; neighbours of one charset together, because programs cut characters apart. */
export function decodeWords(value: string): string {
  return value.replace(/(?:=\?[^?\s]+\?[bq]\?[^?]*\?=\s*)+/giu, (run) => {
    const words: EncodedWord[] = [];
    let out = "";
    try {
      for (const [, charset = "", encoding = "", text = ""] of run.matchAll(/=\?([^?\s*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/giu)) {
        if (words[0] && words[0].charset !== charset) out += decoded(words.splice(0));
        words.push({ charset, bytes: wordBytes(encoding, text) });
      }
      return out + decoded(words) + (/\s$/u.test(run) ? " " : "");
    } catch {
      // A charset or an encoding that nobody knows stays as it is written.
      return run;
    }
  });
}

/** Reads the head of a letter as far as people look at it. What is no letter has an empty one. */
export function readHead(bytes: Uint8Array): LetterHead {
  const whole = new TextDecoder("latin1").decode(bytes.subarray(0, HEAD_BYTES_MAX));
  const head = whole.split(/\r?\n\r?\n/u, 1)[0] ?? "";
  const fields = head.replace(/\r?\n[ \t]+/gu, " ").split(/\r?\n/u);
  const value = (name: string) => {
    const found = fields.find((field) => field.toLowerCase().startsWith(`${name}:`));
    return found === undefined ? "" : plainValue(found.slice(name.length + 1));
  };
  const people = (name: string) => readAddresses(value(name)).found;
  return { subject: value("subject"), from: people("from"), to: people("to") };
}

// `latin1` is windows-1252 to browsers: bytes from 0x80 to 0x9f come out as other characters, and go back by this.
const BACK = new Map(Array.from({ length: 32 }, (_, n) => [new TextDecoder("latin1").decode(Uint8Array.of(0x80 + n)), 0x80 + n] as const));

function plainValue(value: string): string {
  const bytes = Uint8Array.from(value, (char) => BACK.get(char) ?? char.charCodeAt(0) & 0xff);
  return decodeWords(plain(bytes)).replace(/\p{Cc}+/gu, " ").trim().slice(0, VALUE_CHARS_MAX);
}

/** The letter that was given up, as far as its conversation tells. */
export interface GivenUp {
  /** Whom it did not reach; empty when that cannot be told. */
  recipient: string;
  subject: string;
  words: string;
  contact: string;
}

/** Of one report and one delivery: they are written in the same moment. */
const SAME_MOMENT_MS = 60_000;

/** Which letter of a conversation a dead letter is: that of the report written when it was given up, or the only
 * one there is. The deliveries do not name their messages. */
export function givenUp({ at }: DeadLetter, one: ConversationSummary, messages: readonly Message[]): GivenUp {
  const notices = messages.flatMap((message) => (message.notice?.code === "undelivered" && message.notice.permanent && Math.abs(message.at - at) <= SAME_MOMENT_MS ? message.notice : []));
  const ours = messages.filter((message) => message.mail && message.author.type !== "contact" && message.at <= at);
  const notice = notices.length === 1 ? notices[0] : undefined;
  const letter = ours.find((message) => message.id === notice?.message) ?? (ours.length === 1 ? ours[0] : undefined);
  const last = [...messages].reverse().find((message) => message.mail?.subject);
  return {
    recipient: notice?.recipient ?? letter?.mail?.to?.[0]?.address ?? "",
    subject: letter?.mail?.subject || last?.mail?.subject || "",
    words: letter?.text ?? "",
    contact: one.info.contact_name ?? "",
  };
}
