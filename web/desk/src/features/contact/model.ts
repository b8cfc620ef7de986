/** Foreign facts about a contact, made fit to be shown. */

import type { Conversation, Identity, Schemas } from "@hutong/api-client";

/** How much of a visitor's mark is shown. */
const VISITOR_CHARS = 8;
/** The longest value that is shown whole. */
const VALUE_CHARS_MAX = 300;

/** A picture's address says nothing to people, and fetching it would tell a network who looks. */
export const isShown = (fact: string) => fact !== "avatar_url";

export function attributeText(value: unknown): string {
  const isList = Array.isArray(value) && value.every((one) => typeof one === "string");
  const text = typeof value === "string" ? value : isList ? value.join(" / ") : JSON.stringify(value) ?? "";
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
}

/** An address as people read it; a visitor's is only a mark, of which the start is enough. */
export function identityText(identity: Identity): string {
  return identity.kind === "visitor" ? `#${identity.value.slice(0, VISITOR_CHARS)}` : identity.value;
}

/** The page from which the person wrote, if it is a page of the web at all. */
export function safePage(url: string | null | undefined): string | null {
  if (!url || !URL.canParse(url)) return null;
  const { protocol } = new URL(url);
  return protocol === "https:" || protocol === "http:" ? url : null;
}

/** How far what was said has come to a device. */
export function deviceStand(
  device: Pick<Schemas["ContactDevice"], "in_front" | "told_to">,
  one: Pick<Conversation, "last_seq" | "read_by_contact">,
): "here" | "read" | "told" | "waits" {
  if (device.in_front) return "here";
  if (one.read_by_contact >= one.last_seq) return "read";
  return device.told_to > one.read_by_contact ? "told" : "waits";
}
