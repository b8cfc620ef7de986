/** What survives a reload, in the storage of the panel's own origin: the host page cannot read it. */
import type { OutboxStorage } from "@hutong/api-client";

/** Who the person was last time. */
export interface StoredVisitor {
  token: string;
  contact: string;
  verified: boolean;
}

/** What was begun and not sent. */
export interface StoredDraft {
  draft: string;
  topic: string | null;
  name: string;
}

/** The part of `localStorage` that is used. */
export type KeyValue = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** A browser may refuse to store: then the panel works, and forgets. */
export class PanelStorage {
  private readonly prefix: string;

  constructor(private readonly store: KeyValue | null, channel: string) {
    this.prefix = `hutong:${channel}:`;
  }

  visitor(): StoredVisitor | null {
    const value = this.read("visitor") as Partial<StoredVisitor> | null;
    if (typeof value?.token !== "string" || typeof value.contact !== "string") return null;
    return { token: value.token, contact: value.contact, verified: value.verified === true };
  }

  setVisitor(visitor: StoredVisitor | null): void {
    this.write("visitor", visitor);
  }

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

  /** Is this the key under which another tab keeps the visitor? */
  isVisitorKey(key: string | null): boolean {
    return key === `${this.prefix}visitor`;
  }

  /** What is said and not acknowledged, one entry each. */
  outbox(): OutboxStorage {
    const prefix = `${this.prefix}out:`;
    return {
      list: () => this.keys(prefix).flatMap((key) => this.attempt(() => this.store?.getItem(key)) ?? []),
      put: (id, entry) => void this.attempt(() => this.store?.setItem(prefix + id, entry)),
      remove: (id) => void this.attempt(() => this.store?.removeItem(prefix + id)),
    };
  }

  private keys(prefix: string): string[] {
    const count = this.attempt(() => this.store?.length) ?? 0;
    const keys = Array.from({ length: count }, (_, n) => this.attempt(() => this.store?.key(n)) ?? "");
    return keys.filter((key) => key.startsWith(prefix));
  }

  private read(name: string): unknown {
    return this.attempt(() => JSON.parse(this.store?.getItem(this.prefix + name) ?? "null") as unknown) ?? null;
  }

  private write(name: string, value: unknown): void {
    this.attempt(() => {
      if (value === null) this.store?.removeItem(this.prefix + name);
      else this.store?.setItem(this.prefix + name, JSON.stringify(value));
    });
  }

  private attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch {
      return undefined;
    }
  }
}

/** The browser's storage, or null where even asking for it throws. */
export function browserStorage(): KeyValue | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
