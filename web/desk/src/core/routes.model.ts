/** Where the desk is, as its address says: everything that a link should reproduce. */

export const TABS = ["mine", "queue", "done"] as const;
export type WorkTab = (typeof TABS)[number];

export const KINDS = [
  "queues", "skills", "agents", "channels", "calendars", "request_types", "quick_replies", "webhooks", "api_keys", "refused_numbers",
] as const;
export type AdminKind = (typeof KINDS)[number];

export const LETTER_TABS = ["quarantine", "dead"] as const;
export type LetterTab = (typeof LETTER_TABS)[number];

export type Route =
  | { page: "work"; tab: WorkTab; conversation: string | null; q: string }
  | { page: "live"; queue: string | null; wall: boolean }
  | { page: "admin"; kind: AdminKind; id: string | null }
  | { page: "letters"; tab: LetterTab; id: string | null }
  | { page: "start" }
  | { page: "password" };

const BASE = "/desk/";

function oneOf<T extends string>(values: readonly T[], text: string | undefined, otherwise: T): T {
  return values.find((value) => value === text) ?? otherwise;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads an address; anything unknown is the list of one's own work. */
export function parseRoute(pathname: string, search: string): Route {
  const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : "";
  const [page, second, third] = path.split("/").map(decoded);
  const query = new URLSearchParams(search);
  switch (page) {
    case "live":
      return { page, queue: query.get("queue"), wall: query.has("wall") };
    case "admin":
      return { page, kind: oneOf(KINDS, second, "queues"), id: third || null };
    case "letters":
      return { page, tab: oneOf(LETTER_TABS, second, "quarantine"), id: third || null };
    case "start":
    case "password":
      return { page };
    default:
      return { page: "work", tab: oneOf(TABS, second, "mine"), conversation: third || null, q: query.get("q") ?? "" };
  }
}

/** Writes an address; `parseRoute` reads it back. */
export function hrefOf(route: Route): string {
  const e = encodeURIComponent;
  switch (route.page) {
    case "live": {
      const query = new URLSearchParams();
      if (route.queue) query.set("queue", route.queue);
      if (route.wall) query.set("wall", "1");
      const text = query.toString();
      return `${BASE}live${text ? `?${text}` : ""}`;
    }
    case "admin":
      return `${BASE}admin/${route.kind}${route.id ? `/${e(route.id)}` : ""}`;
    case "letters":
      return `${BASE}letters/${route.tab}${route.id ? `/${e(route.id)}` : ""}`;
    case "start":
    case "password":
      return `${BASE}${route.page}`;
    case "work": {
      const path = `${BASE}work/${route.tab}${route.conversation ? `/${e(route.conversation)}` : ""}`;
      return route.q ? `${path}?q=${e(route.q)}` : path;
    }
  }
}
