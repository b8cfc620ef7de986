/** What the desk makes of letters: addresses as typed, whom an answer reaches, what is known of a sender. */
import type { Addressees, Correspondence, MailAddress, MailTrust, Message } from "@hutong/api-client";

/** Limits of one letter, as the gateway holds them. */
export const ADDRESSES_MAX = 100;
export const SUBJECT_CHARS_MAX = 500;
const ADDRESS_BYTES_MAX = 254;
const LOCAL_CHARS_MAX = 64;

/** Can mail go to it? The same loose check as the gateway's. */
export function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  const [local, domain] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  return at > 0 && local.length <= LOCAL_CHARS_MAX && !local.includes("@")
    && new TextEncoder().encode(text).length <= ADDRESS_BYTES_MAX
    && domain.split(".").every((label) => label !== "")
    && !/[\s<>()[\],;:\\"\p{Cc}]/u.test(text);
}

/** Is it the same address? Mail servers do not look at case in practice. */
export const sameAddress = (a: MailAddress, b: MailAddress) => a.address.toLowerCase() === b.address.toLowerCase();

/** Cuts at commas and semicolons of both scripts, but not inside quotes or brackets. */
function pieces(text: string): string[] {
  return (text.match(/(?:"[^"]*"|<[^>]*>|[^,;，；、\n])+/gu) ?? []).map((piece) => piece.trim()).filter(Boolean);
}

function addressOf(piece: string): MailAddress[] | null {
  const named = /^(.*?)<([^<>]*)>$/u.exec(piece);
  const name = (named?.[1] ?? "").trim().replace(/^"(.*)"$/u, "$1").trim();
  const plain = named ? [named[2] ?? ""] : piece.split(/\s+/u);
  const found = plain.map((each) => each.trim());
  if (!found.every(isAddress)) return null;
  return found.map((address) => {
    const at = address.lastIndexOf("@");
    return { address: address.slice(0, at) + address.slice(at).toLowerCase(), name };
  });
}

/** Reads addresses as people type and paste them: `王强 <wang@a.cn>, li@b.cn`. */
export function readAddresses(text: string): { found: MailAddress[]; bad: string[] } {
  const found: MailAddress[] = [];
  const bad: string[] = [];
  for (const piece of pieces(text)) {
    const read = addressOf(piece);
    if (read) found.push(...read);
    else bad.push(piece);
  }
  return { found, bad };
}

/** Adds those who are not there yet. */
export function withAddresses(list: readonly MailAddress[], more: readonly MailAddress[]): MailAddress[] {
  const next = [...list];
  for (const one of more) if (!next.some((each) => sameAddress(each, one))) next.push(one);
  return next;
}

export const addressText = ({ address, name }: MailAddress) => (name ? `${name} <${address}>` : address);

/** A letter to be, as its writer set it. */
export interface MailDraft {
  all: boolean;
  to: readonly MailAddress[];
  cc: readonly MailAddress[];
  subject: string;
  /** The writer changed what was proposed. */
  edited: boolean;
}

export function proposed(known: Correspondence, all: boolean): MailDraft {
  const { to, cc, subject } = all ? known.reply_all : known.reply;
  return { all, to, cc: cc ?? [], subject: subject ?? "", edited: false };
}

/** Does a reply to all reach anybody whom a reply does not? */
export const hasMore = (known: Correspondence) => (known.reply_all.cc ?? []).length + known.reply_all.to.length > known.reply.to.length;

/** Would an answer now go elsewhere than the one that is being written? */
export function goesElsewhere(before: Correspondence, after: Correspondence): boolean {
  const who = ({ to, cc }: Addressees) => [...to, ...(cc ?? [])].map((one) => one.address.toLowerCase()).sort().join();
  return who(before.reply) !== who(after.reply) || who(before.reply_all) !== who(after.reply_all);
}

export type DraftProblem = "nobody" | "too_many" | "bad_address" | "bad_subject" | "ourselves";

/** Why it cannot leave like this; `typed` is what stands in the fields of addresses and is no chip yet. */
export function problemOf(draft: MailDraft, typed: string, own: ReadonlySet<string> = new Set()): DraftProblem | null {
  const read = readAddresses(typed);
  if (read.bad.length > 0) return "bad_address";
  if ([...draft.to, ...draft.cc, ...read.found].some((one) => isOwn(own, one))) return "ourselves";
  if (draft.to.length === 0) return "nobody";
  if (draft.to.length + draft.cc.length > ADDRESSES_MAX) return "too_many";
  return [...draft.subject].length > SUBJECT_CHARS_MAX || /\p{Cc}/u.test(draft.subject) ? "bad_subject" : null;
}

/** What goes over the wire. */
export function addresseesOf({ to, cc, subject }: MailDraft): Addressees {
  // Whoever is asked to answer need not read along too.
  const along = cc.filter((one) => !to.some((each) => sameAddress(each, one)));
  return { to: [...to], cc: along, ...(subject.trim() === "" ? {} : { subject: subject.trim() }) };
}

/** Do the words speak of a file that comes with them? Quotes of others do not count. */
export function speaksOfFile(text: string): boolean {
  return text.split("\n").some((line) => !line.startsWith(">") && /附件|附上|随信|\battach(?:ed|ment|ments)?\b|\benclosed\b/iu.test(line) && !/(?:您|你们?|贵单位|来信|收到)的?附件/u.test(line));
}

export type Trust = "verified" | "unverified" | "failed";

/** How far the sender is who the reader sees. DMARC alone speaks of the address that is shown; where it
 * says nothing, a failed check counts when nothing passed. */
export function trustOf(trust: MailTrust | undefined): Trust {
  const { spf, dkim, dmarc } = trust ?? { spf: "none", dkim: "none", dmarc: "none" };
  if (dmarc === "pass") return "verified";
  if (dmarc === "fail") return "failed";
  const both = [spf, dkim];
  return both.includes("fail") && !both.includes("pass") ? "failed" : "unverified";
}

/** What became of letters that did not arrive, by the id of the message. */
export function failuresIn(messages: readonly Message[]): ReadonlyMap<string, "failed" | "late"> {
  const found = new Map<string, "failed" | "late">();
  for (const { notice } of messages) {
    if (notice?.code !== "undelivered" || !notice.message) continue;
    if (notice.permanent) found.set(notice.message, "failed");
    else if (!found.has(notice.message)) found.set(notice.message, "late");
  }
  return found;
}

/** The subject under which a conversation stands: that of its last letter. */
export function subjectIn(messages: readonly Message[]): string {
  return [...messages].reverse().find((message) => message.mail?.subject)?.mail?.subject ?? "";
}

/** An address without what stands behind a plus sign: there the gateway writes what leads an answer home. */
function bare(address: string): string {
  const at = address.lastIndexOf("@");
  return (address.slice(0, at).split("+", 1)[0] ?? "").toLowerCase() + address.slice(at).toLowerCase();
}

/** The desk's own addresses, as far as its letters show them: mail to them would come back as a new letter. */
export function ownIn(messages: readonly Message[]): ReadonlySet<string> {
  return new Set(messages.flatMap(({ author, mail }) => (mail && author.type !== "contact" ? [bare(mail.from.address)] : [])));
}

export const isOwn = (own: ReadonlySet<string>, { address }: MailAddress) => own.has(bare(address));

/** Everybody whom the letters name, for proposals while typing; never the desk itself. */
export function peopleIn(messages: readonly Message[]): MailAddress[] {
  const own = ownIn(messages);
  const named = messages.flatMap(({ mail }) => (mail ? [mail.from, ...(mail.to ?? []), ...(mail.cc ?? [])] : []));
  return withAddresses([], named.filter((one) => !isOwn(own, one))).slice(0, ADDRESSES_MAX);
}

/** Who read along so far and does not get this letter. */
export function leftOut(known: Correspondence, { to, cc }: MailDraft): MailAddress[] {
  const all = [...known.reply_all.to, ...(known.reply_all.cc ?? [])];
  return all.filter((one) => ![...to, ...cc].some((each) => sameAddress(each, one)));
}

/** The page of a letter's frame. It has no scripts and no origin; unless its reader asks, nothing is fetched
 * from elsewhere. Letters bring the colours of paper, so the frame is paper in both themes. */
export function framePage(html: string, withImages: boolean): string {
  const images = withImages ? "data: https: http:" : "data:";
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src ${images}`;
  // Attributes only: the policy of the desk, which a frame inherits, allows no style sheets in the page.
  return `<!doctype html><html style="background:#fff;color:#171b26;font:14px/1.6 system-ui,'PingFang SC','Microsoft YaHei',sans-serif">`
    + `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">`
    + `<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light"><base target="_blank">`
    + `<body style="margin:12px 16px;overflow-wrap:anywhere">${html}`;
}

/** The conversation whose letters an endpoint carries; null for other endpoints, such as webhooks. */
export function conversationOf(endpoint: string): string | null {
  return endpoint.startsWith("letters-") ? endpoint.slice("letters-".length) : null;
}
