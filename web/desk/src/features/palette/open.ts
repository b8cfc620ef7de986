/** Whether the palette or the list of keys is open. */
import { signal } from "@preact/signals";

export const palette = signal<"commands" | "keys" | null>(null);

export function openPalette(which: "commands" | "keys") {
  palette.value = which;
}

export function closePalette() {
  palette.value = null;
}
