/** Letters that wait a moment before they leave, so that their writer can take them back. A held letter is in
 * the store until it is said or becomes a draft again; whoever takes it out of the store owns it, so that two
 * tabs cannot both send it. */
import type { Addressees, FileRef } from "@hutong/api-client";

export interface Held {
  client_id: string;
  conversation: string;
  text: string;
  files: readonly FileRef[];
  mail: Addressees;
  /** It was to be an answer to all. */
  all: boolean;
  /** When it leaves, by this machine's clock. */
  until: number;
}

export const UNDO_MS = 5000;
/** A tab that still lives would have sent it long before; a machine that slept gets its chance. */
export const LEFT_BEHIND_MS = 60_000;

export interface HeldStore {
  all(): Held[];
  put(one: Held): void;
  /** Takes it out; false when it is no longer there. */
  take(one: Held): boolean;
}

export interface HoldingParts {
  store: HeldStore;
  /** Says it; false when it cannot be said now. */
  say: (one: Held) => boolean;
  /** Makes a draft of it. */
  keep: (one: Held) => void;
  /** Runs something later; the answer stops it. */
  later: (ms: number, run: () => void) => () => void;
  now: () => number;
  /** What is held here changed. */
  onChange: (held: readonly Held[]) => void;
}

export class Holding {
  private readonly waiting = new Map<string, { one: Held; stop: () => void }>();

  constructor(private readonly parts: HoldingParts) {}

  /** Holds a letter; one of the same conversation that is held already leaves first. */
  hold(one: Held) {
    for (const each of this.waiting.values()) if (each.one.conversation === one.conversation) this.send(each.one.client_id);
    this.parts.store.put(one);
    const stop = this.parts.later(Math.max(0, one.until - this.parts.now()), () => this.send(one.client_id));
    this.waiting.set(one.client_id, { one, stop });
    this.tell();
  }

  /** Lets it leave. */
  send(id: string) {
    const one = this.release(id);
    if (one && !this.parts.say(one)) this.parts.keep(one);
  }

  /** Makes a draft of it again; false when it has left. */
  undo(id: string): boolean {
    const one = this.release(id);
    if (one) this.parts.keep(one);
    return one !== null;
  }

  /** The page goes away: what is held becomes drafts. */
  leave() {
    for (const id of [...this.waiting.keys()]) this.undo(id);
  }

  /** At the start: what a tab left behind becomes a draft, once it is certain that no tab sends it. */
  recover() {
    for (const one of this.parts.store.all()) {
      if (this.waiting.has(one.client_id)) continue;
      const wait = one.until + LEFT_BEHIND_MS - this.parts.now();
      const keep = () => {
        if (this.parts.store.take(one)) this.parts.keep(one);
      };
      if (wait <= 0) keep();
      else this.parts.later(wait, keep);
    }
  }

  private release(id: string): Held | null {
    const found = this.waiting.get(id);
    if (!found) return null;
    found.stop();
    this.waiting.delete(id);
    this.tell();
    return this.parts.store.take(found.one) ? found.one : null;
  }

  private tell() {
    this.parts.onChange([...this.waiting.values()].map((each) => each.one));
  }
}
