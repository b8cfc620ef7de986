/** What survives a restart: who the person is, what was said and got no answer yet, which installation this is. */
import { mintId, type OutboxStorage } from "@hutong/api-client";

/** Who the person was last time. */
export interface StoredVisitor {
  token: string;
  contact: string;
  verified: boolean;
}

/** The part of `localStorage` that is used. */
export interface KeyValue {
  readonly length: number;
  key(n: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The part of React Native's `AsyncStorage` that is used. */
export interface AsyncKeyValue {
  getAllKeys(): Promise<readonly string[]>;
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
}

const PREFIX = "hutong:";

/** Storage that forgets: for tests, and for systems that refuse to store. */
export function memoryStorage(start: Iterable<readonly [string, string]> = []): KeyValue {
  const map = new Map(start);
  return {
    get length() {
      return map.size;
    },
    key: (n) => [...map.keys()][n] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

/**
 * An asynchronous storage as one that answers at once: read whole before the client starts, written behind. Writes go
 * one after the other, so that what was removed does not come back.
 */
export async function loadStorage(store: AsyncKeyValue): Promise<KeyValue & { settled(): Promise<void> }> {
  const keys = (await store.getAllKeys()).filter((key) => key.startsWith(PREFIX));
  const found = await Promise.all(keys.map(async (key) => [key, await store.getItem(key)] as const));
  const memory = memoryStorage(found.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
  let writing = Promise.resolve();
  // A device that cannot store works, and forgets.
  const then = (write: () => Promise<void>) => void (writing = writing.then(write).catch(() => undefined));
  return {
    get length() {
      return memory.length;
    },
    key: (n) => memory.key(n),
    getItem: (key) => memory.getItem(key),
    setItem: (key, value) => {
      memory.setItem(key, value);
      then(() => store.setItem(key, value));
    },
    removeItem: (key) => {
      memory.removeItem(key);
      then(() => store.removeItem(key));
    },
    settled: () => writing,
  };
}

/** The storage of this system: the browser's, or one that forgets. */
export function usualStorage(): KeyValue {
  try {
    return globalThis.localStorage ?? memoryStorage();
  } catch {
    return memoryStorage();
  }
}

/** A system may refuse to store: then the chat works, and forgets. */
export class ChatStorage {
  protected readonly prefix: string;

  constructor(private readonly store: KeyValue | null, channel: string) {
    this.prefix = `${PREFIX}${channel}:`;
  }

  visitor(): StoredVisitor | null {
    const value = this.read("visitor") as Partial<StoredVisitor> | null;
    if (typeof value?.token !== "string" || typeof value.contact !== "string") return null;
    return { token: value.token, contact: value.contact, verified: value.verified === true };
  }

  setVisitor(visitor: StoredVisitor | null): void {
    this.write("visitor", visitor);
  }

  /** This installation's own id, made at the first call. */
  device(): string {
    const known = this.read("device");
    if (typeof known === "string" && /^[A-Za-z0-9_-]{16,64}$/u.test(known)) return known;
    const device = mintId();
    this.write("device", device);
    return device;
  }

  /** Was this installation registered for notifications? */
  registered(): boolean {
    return this.read("push") === true;
  }

  setRegistered(registered: boolean): void {
    this.write("push", registered ? true : null);
  }

  /** Nothing of the person stays. */
  clear(): void {
    for (const key of this.keys(this.prefix)) this.attempt(() => this.store?.removeItem(key));
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

  protected read(name: string): unknown {
    return this.attempt(() => JSON.parse(this.store?.getItem(this.prefix + name) ?? "null") as unknown) ?? null;
  }

  protected write(name: string, value: unknown): void {
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
