/** What becomes of a push: decided without a worker, so that it can be tested. */
import type { PushPayload } from "@hutong/chat";

/** What a page of the app answers when the worker asks what it shows. */
export interface Shown {
  visible: boolean;
  conversation: string | null;
}

/** The payload, or null for what is none: nothing else is ever shown. */
export function readPayload(text: string): PushPayload | null {
  try {
    const value = JSON.parse(text) as Partial<PushPayload> | null;
    const texts = [value?.id, value?.conversation, value?.title, value?.body];
    if (texts.some((one) => typeof one !== "string") || value?.title === "") return null;
    return value as PushPayload;
  } catch {
    return null;
  }
}

/** The person reads this conversation at this moment: the page tells them. */
export const isSeen = (payload: PushPayload, pages: readonly Shown[]) =>
  pages.some((page) => page.visible && page.conversation === payload.conversation);

/** How it is shown: the newest of a conversation takes the place of the one before. */
export function shownAs(payload: PushPayload) {
  return {
    body: payload.body,
    tag: payload.conversation,
    // Without a new sound where the same is pushed again is left to the tag; another message is told anew.
    renotify: true,
    icon: "./icon-192.png",
    badge: "./badge-96.png",
    data: { conversation: payload.conversation, seq: payload.seq },
  };
}

/** The number for the app's icon; a number that is none clears it. */
export const badgeOf = (payload: PushPayload) => Math.max(0, Math.floor(Number(payload.badge) || 0));

/** Where a press on the notification leads. */
export const addressOf = (conversation: string) => `./?conversation=${encodeURIComponent(conversation)}`;

/** The conversation that an address names. */
export const conversationOf = (search: string) => new URLSearchParams(search).get("conversation");
