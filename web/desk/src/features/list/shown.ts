/** The order of the list in sight, for the keys that move through it. */
import { signal } from "@preact/signals";

export const shownOrder = signal<readonly string[]>([]);
