/** Where a browser keeps things, if it lets us. */
import type { KeyValue } from "@hutong/chat";

/** The browser's storage, or null where even asking for it throws. */
export function browserStorage(): KeyValue | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
