/** Drafts: one per conversation and agent, kept in this browser for a week. */
import type { FileRef } from "@hutong/api-client";
import { signal } from "@preact/signals";
import type { MailDraft } from "../letters/model";

export interface Draft {
  text: string;
  note: boolean;
  /** To whom a letter goes, and under which subject. */
  mail?: MailDraft | undefined;
  /** What was uploaded for a letter. */
  files?: readonly FileRef[] | undefined;
}

interface Stored extends Draft {
  at: number;
}

const PREFIX = "hutong.draft.";
const KEPT_MS = 7 * 86_400_000;

const keyOf = (agent: string, conversation: string) => `${PREFIX}${agent}.${conversation}`;

/** Of which conversation a draft came back from elsewhere; its composer reads it anew. */
export const cameBack = signal<{ conversation: string; turn: number }>({ conversation: "", turn: 0 });

/** For browsers that store nothing: as long as the page is open. */
const inMemory = new Map<string, Draft>();

function parse(text: string | null): Stored | null {
  try {
    const value = JSON.parse(text ?? "null") as Partial<Stored> | null;
    if (typeof value?.text !== "string") return null;
    const mail = Array.isArray(value.mail?.to) && Array.isArray(value.mail.cc) ? value.mail : undefined;
    const files = Array.isArray(value.files) ? value.files : undefined;
    return { text: value.text, note: value.note === true, mail, files, at: Number(value.at) };
  } catch {
    return null;
  }
}

export function readDraft(agent: string, conversation: string): Draft | null {
  const key = keyOf(agent, conversation);
  try {
    return parse(localStorage.getItem(key)) ?? inMemory.get(key) ?? null;
  } catch {
    return inMemory.get(key) ?? null;
  }
}

const isEmpty = ({ text, files, mail }: Draft) => text === "" && (files ?? []).length === 0 && mail?.edited !== true;

export function keepDraft(agent: string, conversation: string, draft: Draft) {
  const key = keyOf(agent, conversation);
  inMemory.delete(key);
  try {
    if (isEmpty(draft)) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ ...draft, at: Date.now() }));
  } catch {
    if (!isEmpty(draft)) inMemory.set(key, draft);
  }
}

/** Puts a letter that was taken back before what was written since. */
export function bringBack(agent: string, conversation: string, draft: Draft) {
  const since = readDraft(agent, conversation);
  const text = [draft.text, since?.text ?? ""].filter(Boolean).join("\n\n");
  keepDraft(agent, conversation, { ...draft, text, files: [...(draft.files ?? []), ...(since?.files ?? [])] });
  cameBack.value = { conversation, turn: cameBack.value.turn + 1 };
}

/** Forgets drafts that nobody came back to. */
export function forgetOldDrafts() {
  try {
    for (const key of Object.keys(localStorage).filter((each) => each.startsWith(PREFIX))) {
      const draft = parse(localStorage.getItem(key));
      if (!draft || Date.now() - draft.at > KEPT_MS) localStorage.removeItem(key);
    }
  } catch {
    // Nothing is stored, so nothing is old.
  }
}
