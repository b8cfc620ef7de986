/**
 * Frames that were said and not yet acknowledged. They survive a reload, and are sent again with the
 * same `client_id` after each reconnect; the server keeps the first and acks every repeat.
 */

/** A frame that the server acknowledges. */
export interface Acked {
  client_id: string;
}

/** Where unacknowledged frames survive a reload; one entry each, so that two tabs do not overwrite one another. */
export interface OutboxStorage {
  /** Every stored text, in any order. */
  list(): string[];
  put(id: string, text: string): void;
  remove(id: string): void;
}

/** The most frames that wait; more are refused, so that a lost network cannot fill the storage. */
export const OUTBOX_FRAMES_MAX = 100;

/** One waiting frame. */
export interface OutboxEntry<F extends Acked> {
  frame: F;
  /** When it was said. */
  at: number;
  /** When it went over the present socket; 0 is not yet. */
  sentAt: number;
  /** Not to be sent before this time, as the server asked. */
  notBefore: number;
}

/** Storage that forgets: for tests, and for browsers that refuse to store. */
export class MemoryStorage implements OutboxStorage {
  private readonly texts = new Map<string, string>();

  list(): string[] {
    return [...this.texts.values()];
  }
  put(id: string, text: string): void {
    this.texts.set(id, text);
  }
  remove(id: string): void {
    this.texts.delete(id);
  }
}

/** The waiting frames, in the order in which they were said. */
export class Outbox<F extends Acked> {
  private readonly waiting = new Map<string, OutboxEntry<F>>();

  constructor(private readonly storage: OutboxStorage = new MemoryStorage()) {
    const stored = storage
      .list()
      .map((text) => parseEntry<F>(text))
      .filter((entry) => entry !== null)
      .sort((a, b) => a.at - b.at || a.frame.client_id.localeCompare(b.frame.client_id));
    for (const entry of stored.slice(0, OUTBOX_FRAMES_MAX)) {
      this.waiting.set(entry.frame.client_id, entry);
    }
  }

  /** The waiting frames, oldest first. */
  entries(): OutboxEntry<F>[] {
    return [...this.waiting.values()];
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Keeps a frame until it is settled; false when too many wait. The same id again changes nothing. */
  add(frame: F, at: number): boolean {
    if (this.waiting.has(frame.client_id)) return true;
    if (this.waiting.size >= OUTBOX_FRAMES_MAX) return false;
    this.waiting.set(frame.client_id, { frame, at, sentAt: 0, notBefore: 0 });
    this.storage.put(frame.client_id, JSON.stringify({ frame, at }));
    return true;
  }

  /** The server carried it out or refused it: it waits no longer. */
  settle(clientId: string): F | null {
    const entry = this.waiting.get(clientId);
    if (entry === undefined) return null;
    this.waiting.delete(clientId);
    this.storage.remove(clientId);
    return entry.frame;
  }

  /** The server asked for patience. */
  postpone(clientId: string, until: number): void {
    const entry = this.waiting.get(clientId);
    if (entry !== undefined) {
      entry.sentAt = 0;
      entry.notBefore = until;
    }
  }

  /** A new socket knows nothing of what went over the old one. */
  forgetSent(): void {
    for (const entry of this.waiting.values()) entry.sentAt = 0;
  }
}

function parseEntry<F extends Acked>(text: string): OutboxEntry<F> | null {
  try {
    const value = JSON.parse(text) as { frame?: F; at?: number };
    if (typeof value.frame?.client_id !== "string" || typeof value.at !== "number") return null;
    return { frame: value.frame, at: value.at, sentAt: 0, notBefore: 0 };
  } catch {
    return null;
  }
}
