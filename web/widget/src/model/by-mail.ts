/** What goes by mail: what may be asked for, and which words a refusal gets. */
import { fromAgent, over } from "@hutong/chat";
import type { MailWish, Model } from "./model.ts";

/** May the person ask for this? Nothing of it is shown where the desk has no mailbox for the chat. */
export function offers(model: Model, wish: MailWish): boolean {
  const { channel, conversation } = model;
  if (channel?.by_mail !== true || conversation === null) return false;
  // Before somebody has answered, a transcript would only be the person's own words.
  return wish === "transcript" ? model.messages.some(fromAgent) : !over(conversation);
}

/** Refusals that have words of their own, by their codes. */
const REFUSALS = {
  invalid: "mail_refused_invalid",
  too_many_addresses: "mail_refused_too_many_addresses",
  rate_limited: "mail_refused_rate_limited",
  wrong_state: "mail_refused_wrong_state",
} as const;

export type RefusalWords = (typeof REFUSALS)[keyof typeof REFUSALS] | "mail_refused_other";

/** The words of a refusal by its code. */
export function refusalWords(code: string): RefusalWords {
  return code in REFUSALS ? REFUSALS[code as keyof typeof REFUSALS] : "mail_refused_other";
}

/** Would a mail server take it? The gateway looks more closely. */
export function looksLikeAddress(text: string): boolean {
  return /^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/u.test(text.trim());
}
