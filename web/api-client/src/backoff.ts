/** How long to wait before connecting again: exponential with full jitter. */

/** The longest first wait, in milliseconds. */
export const BACKOFF_FIRST_MS = 100;
/** The longest wait of all, in milliseconds. */
export const BACKOFF_MAX_MS = 10_000;

/**
 * The wait before try number `attempt` (0 is the first again): anywhere between zero and the limit,
 * so that a thousand widgets which lost one gateway do not come back in one instant.
 */
export function backoffMs(attempt: number, random: () => number): number {
  const limit = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random() * limit);
}
