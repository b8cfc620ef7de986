/** Which dialog is open, and for which conversation. */
import { signal } from "@preact/signals";

export type DialogName = "transfer" | "close" | "snooze" | "assign" | "decline";

export const dialog = signal<{ name: DialogName; conversation: string } | null>(null);

export function openDialog(name: DialogName, conversation: string) {
  dialog.value = { name, conversation };
}

export function closeDialog() {
  dialog.value = null;
}
