/** Finds web addresses in foreign text, so that they can be links while all else stays text. */

/** A piece of a text. */
export interface Piece {
  text: string;
  /** Where it leads, when it is an address. */
  href: string | null;
}

/** Only these schemes, spelt out: `javascript:` and bare words never become links. */
const ADDRESS = /https?:\/\/[^\s<>"'`{}|\\^\u3000-\u303f\uff00-\uffef\u4e00-\u9fff\u2018-\u201d]+/giu;
/** What ends a sentence belongs to the sentence. */
const TRAILING = /[.,;:!?)\]*_~]+$/u;
/** The most links in one message: a page of them is spam. */
const LINKS_MAX = 50;

/** Cuts a text into plain pieces and addresses; joined again it is the same text. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    if (pieces.length > 2 * LINKS_MAX) break;
    const address = trimmed(match[0]);
    const href = safeHref(address);
    if (href === null) continue;
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), href: null });
    pieces.push({ text: address, href });
    at = match.index + address.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), href: null });
  return pieces;
}

/** The address, when it is one of the web; null otherwise. */
export function safeHref(text: string): string | null {
  try {
    const url = new URL(text);
    const web = url.protocol === "https:" || url.protocol === "http:";
    // A user name in an address serves only to make it look like another one.
    return web && url.username === "" && url.password === "" && url.hostname !== "" ? url.href : null;
  } catch {
    return null;
  }
}

/** A closing bracket stays when the address opened it. */
function trimmed(address: string): string {
  const tail = TRAILING.exec(address)?.[0] ?? "";
  const core = address.slice(0, address.length - tail.length);
  return tail.startsWith(")") && core.includes("(") && !core.includes(")") ? `${core})` : core;
}
