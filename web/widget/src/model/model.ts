/** What the panel knows. Nothing here touches a network, a clock or a page. */
import type { ChatChannel, FileRef, LineStatus, Locale } from "@hutong/api-client";
import { emptyLog, type ChatLog } from "@hutong/chat";

export type { Outgoing } from "@hutong/chat";

/** The longest text of one message, in bytes of UTF-8. */
export const TEXT_BYTES_MAX = 16 * 1024;
/** The longest comment of a rating, in characters. */
export const COMMENT_MAX = 1000;

/** A file on its way up, or ready to go with the next message. */
export interface Attachment {
  id: string;
  name: string;
  bytes: number;
  mediaType: string;
  /** From 0 to 1. */
  share: number;
  /** What the server made of it, once it is there. */
  file: FileRef | null;
  /** Why it failed. */
  failed: string | null;
}

/** What a screen reader is told once. */
export interface Announcement {
  /** Grows, so that the same words twice are told twice. */
  id: number;
  what: "message" | "joined" | "closed" | "failed" | "file";
  /** The agent's words, or the file's name. */
  text: string;
}

/** How far a rating has come. */
export interface Rating {
  grade: number | null;
  comment: string;
  state: "open" | "sending" | "done";
}

/** What the person wants by mail: the transcript, or the answers after having left. */
export type MailWish = "transcript" | "answers";

export interface Model extends ChatLog {
  locale: Locale;
  /** Elder mode 适老化: larger, fewer, still. */
  elder: boolean;
  phase: "loading" | "failed" | "ready";
  channel: ChatChannel | null;
  line: LineStatus;
  /** The line has been down for longer than a blink. */
  lineLate: boolean;
  verified: boolean;
  topic: string | null;
  requestType: string | null;
  name: string;
  /** The name was asked for and is missing. */
  nameMissing: boolean;
  draft: string;
  attachments: Attachment[];
  /** What the desk was told of as received. */
  received: { conversation: string; seq: number } | null;
  /** The person sees the panel. */
  shown: boolean;
  ending: "no" | "asked" | "sending";
  /** The person is asked for a mail address. */
  mailWish: MailWish | null;
  /** The person is asked for a telephone number. */
  callAsked: boolean;
  rating: Rating;
  announcement: Announcement | null;
  /** A quiet line about the last thing that did not work, by its code. */
  problem: { code: string; params: Record<string, string | number> } | null;
}

/** A panel that has just been opened. */
export function initialModel(start: Pick<Model, "locale" | "elder"> & Partial<Model>): Model {
  return {
    ...emptyLog(),
    phase: "loading",
    channel: null,
    line: "stopped",
    lineLate: false,
    verified: false,
    topic: null,
    requestType: null,
    name: "",
    nameMissing: false,
    draft: "",
    attachments: [],
    received: null,
    shown: false,
    ending: "no",
    mailWish: null,
    callAsked: false,
    rating: { grade: null, comment: "", state: "open" },
    announcement: null,
    problem: null,
    ...start,
  };
}
