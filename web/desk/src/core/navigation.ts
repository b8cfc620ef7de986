/** The address of the page, as a signal. */
import { signal } from "@preact/signals";
import { hrefOf, parseRoute, type Route } from "./routes.model";

const read = () => parseRoute(location.pathname, location.search);

export const route = signal<Route>(read());

window.addEventListener("popstate", () => {
  route.value = read();
});

/** Pages with unsaved work may ask before they are left. */
let mayLeave: () => boolean = () => true;

export function guardLeaving(ask: (() => boolean) | null) {
  mayLeave = ask ?? (() => true);
}

/** Goes somewhere: a new entry of the history, unless only details change. */
export function goTo(to: Route, how: "push" | "replace" = "push") {
  if (!mayLeave()) return;
  const href = hrefOf(to);
  if (href === location.pathname + location.search) return;
  if (how === "push") history.pushState(null, "", href);
  else history.replaceState(null, "", href);
  route.value = to;
}
