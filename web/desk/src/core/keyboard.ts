/** Is there a keyboard at hand? Browsers do not say; whoever points finely sits before one, whoever touches does not. */
import { signal } from "@preact/signals";

const pointer = matchMedia("(pointer: fine)");

export const hasKeys = signal(pointer.matches);
pointer.addEventListener("change", () => {
  hasKeys.value = pointer.matches;
});
