/** What goes by mail: what may be asked for, and which words a refusal gets. */
import { over } from "./frames.ts";
import { fromAgent } from "./messages.ts";
import type { MailWish, Model } from "./model.ts";

/** May the person ask for this? Nothing of it is shown where the desk has no mailbox for the chat. */
export function offers(model: Model, wish: MailWish): boolean {
  const { channel, conversation } = model;
  if (channel?.by_mail !== true || conversation === null) return false;
  // Before somebody has answered, a transcript would only be the person's own words.
  return wish === "transcript" ? model.messages.some(fromAgent) : !over(conversation);
}

/** Refusals that have words of their own. */
const REFUSALS = ["invalid", "too_many_addresses", "rate_limited", "wrong_state"] as const;

/** The words of a refusal by its code. */
export function refusalWords(code: string): `mail_refused_${(typeof REFUSALS)[number] | "other"}` {
  return `mail_refused_${REFUSALS.find((one) => one === code) ?? "other"}`;
}

/** Would a mail server take it? The gateway looks more closely. */
export function looksLikeAddress(text: string): boolean {
  return /^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/u.test(text.trim());
}
