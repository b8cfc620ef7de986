/** What the line to a contact in a messenger carries, and what that means for the answer that is being written. */
import type { Schemas } from "@hutong/api-client";
import { bytesOf } from "./model";
import { split } from "./split";

export type ContactLine = Schemas["ContactLine"];

/** The most messages of the network that one answer may become, as the gateway holds it. */
export const PARTS_MAX = 32;
/** Less time, or fewer messages, than this and it is said aloud. */
const SOON_MS = 2 * 3_600_000;
const FEW = 1;

export type Open =
  /** At any time, as often as one likes. */
  | { state: "always" }
  /** Until a time, so often; each null when it is without that limit. */
  | { state: "open" | "soon"; until: number | null; left: number | null }
  | { state: "closed"; why: "time" | "count" };

/** Can the contact be answered at this moment? */
export function openOf({ window }: Pick<ContactLine, "window">, now: number): Open {
  const until = window.until ?? null;
  const left = window.left ?? null;
  if (until !== null && now >= until) return { state: "closed", why: "time" };
  if (left === 0) return { state: "closed", why: "count" };
  if (until === null && left === null) return { state: "always" };
  const soon = (until !== null && until - now < SOON_MS) || (left !== null && left <= FEW);
  return { state: soon ? "soon" : "open", until, left };
}

/** How many messages of the network a text and its files become. */
export function partsOf(text: string, files: number, line: Pick<ContactLine, "text_bytes_max">): number {
  const most = Math.max(4, line.text_bytes_max);
  const short = bytesOf(text) <= most;
  return (short ? Number(text.trim() !== "") : split(text, most).length) + files;
}

export type Refusal = "closed" | "too_many" | "too_long";

/** Why an answer of so many parts cannot leave; null when it can. */
export function refusalOf(line: ContactLine, parts: number, now: number): Refusal | null {
  const open = openOf(line, now);
  if (open.state === "closed") return "closed";
  if (parts > PARTS_MAX) return "too_long";
  return open.state !== "always" && open.left !== null && parts > open.left ? "too_many" : null;
}

type FileRules = Pick<ContactLine, "file_bytes_max" | "file_endings" | "link_hours">;

/** Can files reach the contact at all, as they are or as links? */
export const carriesFiles = ({ file_bytes_max, link_hours }: FileRules) => file_bytes_max > 0 || link_hours > 0;

/** How a file reaches the contact; null when it does not. */
export function wayOf(line: FileRules, file: { name: string; size: number }): "file" | "link" | null {
  const ending = file.name.includes(".") ? file.name.slice(file.name.lastIndexOf(".") + 1).toLowerCase() : "";
  const taken = line.file_endings.length === 0 || line.file_endings.includes(ending);
  if (file.size <= line.file_bytes_max && taken) return "file";
  return line.link_hours > 0 ? "link" : null;
}
