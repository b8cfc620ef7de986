/** Ids that a client mints: unguessable, and sortable by the time of minting. */

/** The part of the platform's `crypto` that is there even on plain http. */
export interface RandomSource {
  getRandomValues(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A new id: nine characters of time, then 16 random ones (80 bits). `crypto.randomUUID` would need
 * https; an intranet desk may have none.
 */
export function mintId(now: number = Date.now(), random: RandomSource = crypto): string {
  const bytes = random.getRandomValues(new Uint8Array(16));
  const tail = Array.from(bytes, (byte) => ALPHABET.charAt(byte & 31)).join("");
  return now.toString(36).padStart(9, "0") + tail;
}
