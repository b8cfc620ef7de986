/** To be called back: whether it may be asked for, and what is said of it. */
import type { ChatCallback, CallOutcome } from "@hutong/api-client";
import { over } from "@hutong/chat";
import type { Model } from "./model.ts";

/** May the person ask to be called? Where nobody calls back, nothing of it is shown. */
export function offersCall({ channel, conversation }: Model): boolean {
  return channel?.callbacks !== undefined && channel.callbacks !== null && conversation !== null && !over(conversation);
}

/** The call that is wanted or under way. */
export function wantedCall({ conversation }: Model): ChatCallback | null {
  const callback = conversation?.callback ?? null;
  return callback !== null && callback.state !== "over" ? callback : null;
}

/** The text of how it stands. */
export function callWords({ state, stage, from, next_at }: ChatCallback) {
  if (state === "calling") {
    if (stage === "connected") return "call_connected" as const;
    if (stage === "held") return "call_held" as const;
    return stage === "contact_ringing" ? "call_ringing" as const : "call_dialing" as const;
  }
  if (typeof next_at === "number") return "call_again" as const;
  return typeof from === "number" ? "call_wanted_from" as const : "call_wanted" as const;
}

/** What is said of a call that is over. */
export function endedWords(outcome: CallOutcome, again: boolean) {
  if (outcome === "completed") return "notice_call_completed" as const;
  return again ? "notice_call_again" as const : "notice_call_missed" as const;
}
