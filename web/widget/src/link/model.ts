/** The page behind a callback's link: what is told of the call. */
import type { ChatCallback, Schemas } from "@hutong/api-client";
import { placeWords, waitWords } from "@hutong/chat";
import type { LinkTextKey } from "./texts/index.ts";

/** What the gateway tells of the call, and of how the page is to be shown. */
export type Look = Omit<Schemas["WantedCall"], "token" | "link">;

/** What happened to a look: the link is none, or it may work later. */
export type Trouble = "unknown" | "offline" | "often" | "busy";

export function troubleOf(status: number, code: string): Trouble {
  if (code === "network") return "offline";
  if (status === 404 || status === 410) return "unknown";
  return code === "rate_limited" ? "often" : "busy";
}

export type Tone = "waiting" | "planned" | "calling" | "missed" | "done" | "none";

/** A text, and what fills it: words about the wait, or a time that the page writes in the desk's zone. */
export interface Line {
  key: LinkTextKey;
  params?: Record<string, number>;
}

export interface Standing {
  tone: Tone;
  title: Line;
  /** More of it; the last may be a time. */
  lines: Line[];
  /** The time that stands in the title or the lines as `{when}`. */
  when: { from: number; until?: number | null } | null;
}

const said = (tone: Tone, title: LinkTextKey, line: LinkTextKey | null = null, when: Standing["when"] = null): Standing => ({
  tone, title: { key: title }, lines: line === null ? [] : [{ key: line }], when,
});

/** How the call stands. */
export function standingOf({ state, callback, position }: Pick<Look, "state" | "callback" | "position">, now: number): Standing {
  if (!callback) return said("none", "none_title", "none_text");
  if (callback.state === "over") return ended(callback);
  if (callback.state === "calling") return called(callback);
  if (typeof callback.next_at === "number") return said("missed", "again_title", "again_text", { from: callback.next_at });
  if (state === "active") return said("waiting", "soon_title", "soon_text");
  if (typeof callback.from === "number" && callback.from > now) {
    return said("planned", "planned_title", "planned_text", { from: callback.from, until: callback.until ?? null });
  }
  const lines: Line[] = [];
  if (position) {
    // To be the next of nobody is no comfort.
    const alone = position.agents === 0 && position.before_max === 0;
    const words = [alone ? null : placeWords(position), waitWords(position)];
    lines.push(...words.filter((each) => each !== null).map(({ key, params }) => ({ key: key as LinkTextKey, params })));
  }
  if (state === "scheduled") return said("planned", "closed_title");
  return { tone: "waiting", title: { key: "wait_title" }, lines, when: null };
}

function called({ stage }: ChatCallback): Standing {
  if (stage === "connected") return said("calling", "connected_title");
  if (stage === "held") return said("calling", "held_title", "held_text");
  return stage === "contact_ringing" ? said("calling", "ringing_title", "ringing_text") : said("calling", "dialing_title", "dialing_text");
}

function ended({ outcome }: ChatCallback): Standing {
  if (outcome === "completed") return said("done", "done_title", "done_text");
  if (outcome === "bad_number") return said("missed", "bad_number_title", "given_up_text");
  if (outcome === "cancelled" || outcome === null || outcome === undefined) return said("none", "cancelled_title", "cancelled_text");
  return said("missed", "given_up_title", "given_up_text");
}

/** The token of a link: what stands behind the `#`. */
export const tokenOf = (hash: string) => hash.replace(/^#/u, "").trim();
