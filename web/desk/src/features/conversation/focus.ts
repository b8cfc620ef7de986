/** Which conversation's composer takes the focus as soon as it can be written in. */

let wanted: string | null = null;

export function wantComposer(conversation: string) {
  wanted = conversation;
}

/** True once: the composer of this conversation should take the focus. */
export function takesFocus(conversation: string): boolean {
  if (wanted !== conversation) return false;
  wanted = null;
  return true;
}
