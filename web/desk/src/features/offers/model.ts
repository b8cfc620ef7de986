/** Offers held out to me: their order, and how much of their time is left. */
import type { ConversationSummary } from "@hutong/api-client";

/** Reasons for declining, in the order in which they are offered; the words are in the catalogue. */
export const DECLINE_REASONS = ["busy", "not_my_topic", "language", "break", "other"] as const;

/** The one that ends first is first; an offer that was answered or has passed is none. */
export function openOffers(conversations: readonly ConversationSummary[], now: number): ConversationSummary[] {
  return conversations
    .filter((one) => one.state === "offered" && one.offer_token && (one.until ?? 0) > now)
    .sort((a, b) => (a.until ?? 0) - (b.until ?? 0) || a.id.localeCompare(b.id));
}

/** The share of an offer's time that is left, 1 to 0. `firstSeen` is when its card appeared. */
export function shareLeft(until: number, firstSeen: number, now: number): number {
  const span = Math.max(1, until - firstSeen);
  return Math.min(1, Math.max(0, (until - now) / span));
}

/** Enter accepts only what was in sight for a moment, so that a word being sent accepts nothing. */
export const SETTLE_MS = 700;
