/** Keys that work wherever nothing is being written. */
import { useEffect } from "preact/hooks";
import { accept, openConversation } from "../../core/actions";
import { isHeld, isResting } from "../../core/desk.model";
import { route } from "../../core/navigation";
import { preferences } from "../../core/preferences";
import { desk } from "../../core/store";
import { openDialog, type DialogName } from "../endings/dialogs";
import { neighbour } from "../list/model";
import { shownOrder } from "../list/shown";
import { answerable } from "../offers/offers";
import { isTyping } from "./model";
import { openPalette } from "./open";

function openOne() {
  const id = route.value.page === "work" ? route.value.conversation : null;
  const state = desk.value;
  const one = id ? state?.known.get(id) : undefined;
  return state && one?.state === "active" && isHeld(state, one) ? one : null;
}

/** What rests can be ended without waking it. */
function restingOne() {
  const id = route.value.page === "work" ? route.value.conversation : null;
  const state = desk.value;
  const one = id ? state?.known.get(id) : undefined;
  return state && one && isResting(state, one) ? one : null;
}

function move(step: 1 | -1) {
  if (route.value.page !== "work") return;
  const next = neighbour(shownOrder.value, route.value.conversation, step);
  if (next) openConversation(next);
}

function letGo(name: DialogName) {
  const one = openOne() ?? (name === "close" ? restingOne() : null);
  if (one) openDialog(name, one.id);
}

function write(mode: "reply" | "note") {
  document.querySelector<HTMLElement>(`[data-testid="mode-${mode}"]`)?.click();
  document.querySelector<HTMLElement>('[data-testid="composer"]')?.focus();
}

/** What each single key does; a modifier means that the browser is meant. */
const SINGLE: Record<string, () => void> = {
  j: () => move(1),
  k: () => move(-1),
  t: () => letGo("transfer"),
  s: () => letGo("snooze"),
  e: () => letGo("close"),
  r: () => write("reply"),
  n: () => write("note"),
  "?": () => openPalette("keys"),
};

/** Enter and Esc answer an offer, unless a control of the page has the focus and wants them. */
function answersOffer(event: KeyboardEvent): boolean {
  const inControl = event.target instanceof Element && event.target.closest("button, a, input, textarea, select, [role=menu]");
  const first = answerable();
  if (!first) return false;
  if (event.key === "Enter" && (event.altKey || !inControl)) {
    accept(first);
    return true;
  }
  if (event.key === "Escape" && !inControl) {
    openDialog("decline", first.id);
    return true;
  }
  return false;
}

function onKeyDown(event: KeyboardEvent) {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette("commands");
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (answersOffer(event)) {
    event.preventDefault();
    return;
  }
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const run = preferences.value.keys ? SINGLE[event.key.toLowerCase()] : undefined;
  if (!run) return;
  event.preventDefault();
  run();
}

export function useShortcuts() {
  useEffect(() => {
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
