/** What survives a reload, in the storage of the panel's own origin: the host page cannot read it. */
import { ChatStorage } from "@hutong/chat";

export type { KeyValue } from "@hutong/chat";
export { browserStorage } from "./browser-storage.ts";

/** What was begun and not sent. */
export interface StoredDraft {
  draft: string;
  topic: string | null;
  name: string;
}

/** A browser may refuse to store: then the panel works, and forgets. */
export class PanelStorage extends ChatStorage {
  draft(): StoredDraft {
    const value = this.read("draft") as Partial<StoredDraft> | null;
    return { draft: text(value?.draft), topic: text(value?.topic) || null, name: text(value?.name) };
  }

  setDraft(draft: StoredDraft): void {
    this.write("draft", draft.draft === "" && draft.topic === null && draft.name === "" ? null : draft);
  }

  /** A choice of the person, such as the elder mode. */
  choice(name: "elder" | "locale"): string | null {
    return text(this.read(name)) || null;
  }

  setChoice(name: "elder" | "locale", value: string): void {
    this.write(name, value);
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
