/** Drafts: one per conversation and agent, kept in this browser for a week. */
interface Draft {
  text: string;
  note: boolean;
  at: number;
}

const PREFIX = "hutong.draft.";
const KEPT_MS = 7 * 86_400_000;

const keyOf = (agent: string, conversation: string) => `${PREFIX}${agent}.${conversation}`;

function parse(text: string | null): Draft | null {
  try {
    const value = JSON.parse(text ?? "null") as Partial<Draft> | null;
    return typeof value?.text === "string" ? { text: value.text, note: value.note === true, at: Number(value.at) } : null;
  } catch {
    return null;
  }
}

export function readDraft(agent: string, conversation: string): Draft | null {
  try {
    return parse(localStorage.getItem(keyOf(agent, conversation)));
  } catch {
    return null;
  }
}

export function keepDraft(agent: string, conversation: string, text: string, note: boolean) {
  try {
    if (text === "") localStorage.removeItem(keyOf(agent, conversation));
    else localStorage.setItem(keyOf(agent, conversation), JSON.stringify({ text, note, at: Date.now() }));
  } catch {
    // A browser that stores nothing keeps the draft for as long as the conversation is open.
  }
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
