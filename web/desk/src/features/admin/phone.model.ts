/** The lines by which a phone channel calls, as data: what each wants to know (what nearly nobody changes is written as JSON); and whom it calls, which is the same for all.
 * Names of settings are those of the adapters. */
import type { CallOutcome, Channel } from "@hutong/api-client";
import { at, listAt, withAt } from "./email.model";
import type { Connection, ImField } from "./im.model";

type Stored = NonNullable<Channel["settings"]>;
type Tree = Record<string, unknown>;

type Unworded = ImField extends infer F ? (F extends ImField ? Omit<F, "area"> : never) : never;
const asked = (...fields: readonly Unworded[]) => fields.map((field): ImField => ({ ...field, area: "phone" }));
const never = () => false;

const CALLER_ID: Unworded = { key: "caller_id", sort: "text", example: "+861065529988", charsMax: 40 };

export const LINES = {
  sip: {
    fields: asked(
      { key: "listen", sort: "lines" },
      { key: "trunk.uri", sort: "text", required: true, example: "sip:trunk.carrier.example" },
      { key: "trunk.user", sort: "text", words: "username", example: "02012345678" },
      { key: "trunk.password", sort: "secret", words: "password", boundTo: ["trunk.uri"] },
      { key: "trunk.register", sort: "flag", usual: false },
      { key: "trunk.caller_id", sort: "text", words: "caller_id", example: "02012345678", charsMax: 40 },
      { key: "public_address", sort: "text", example: "203.0.113.7" },
    ),
    more: asked(
      { key: "trunk.number_format", sort: "choice", usual: "plus", choices: ["plus", "plain", "00", "national"] },
      { key: "trunk.country_code", sort: "text", example: "86", charsMax: 3, when: { key: "trunk.number_format", is: "national" } },
      { key: "trunk.national_prefix", sort: "text", example: "0", charsMax: 4, when: { key: "trunk.number_format", is: "national" } },
      { key: "trunk.from_domain", sort: "text", example: "carrier.example" },
      { key: "agents_via", sort: "text", example: "sip:pbx.city.example" },
      { key: "missed_calls_from", sort: "lines" },
    ),
    called: never,
  },
  asterisk: {
    fields: asked(
      { key: "url", sort: "text", words: "pbx_url", required: true, example: "https://pbx.city.example:8089" },
      { key: "username", sort: "text", required: true, example: "hutong" },
      { key: "password", sort: "secret", boundTo: ["url"] },
      { key: "contact", sort: "text", required: true, example: "PJSIP/{number}@trunk" },
      CALLER_ID,
    ),
    more: asked(
      { key: "agent", sort: "text", example: "PJSIP/{agent}" },
      { key: "record", sort: "text", example: "wav" },
    ),
    called: never,
  },
  freeswitch: {
    fields: asked(
      { key: "host", sort: "text", required: true, example: "pbx.city.example" },
      { key: "password", sort: "secret", boundTo: ["host", "port"] },
      { key: "contact", sort: "text", required: true, example: "sofia/gateway/trunk/{number}" },
      CALLER_ID,
    ),
    more: asked(
      { key: "port", sort: "number", usual: 8021, max: 65_535 },
      { key: "agent", sort: "text", example: "user/{agent}" },
      { key: "record", sort: "text", example: "/var/lib/freeswitch/recordings" },
    ),
    called: never,
  },
  phone_bridge: {
    fields: [
      { key: "url", sort: "text", words: "bridge.url", required: true, example: "https://phone-bridge.city.example/" },
      { key: "secret", sort: "secret", words: "bridge.secret", boundTo: ["url"], make: "whsec" },
      ...asked(CALLER_ID),
    ],
    more: [
      { key: "previous_secret", sort: "secret", words: "bridge.previous_secret", boundTo: ["url"] },
    ],
    called: () => true,
    below: "/events",
  },
} as const satisfies Record<string, Connection>;

export type LineKind = keyof typeof LINES;
export const LINE_KINDS = Object.keys(LINES) as LineKind[];
export const isLine = (adapter: string): adapter is LineKind => Object.hasOwn(LINES, adapter);
export const lineOf = (adapter: string): Connection | null => (isLine(adapter) ? LINES[adapter] : null);

/** The key of whom a phone channel calls; the adapter does not see it. */
export const CALLBACK = "callback";
const policy = (...fields: readonly Unworded[]) => asked(...fields.map((field) => ({ ...field, key: `${CALLBACK}.${field.key}`, words: field.key })));

/** Whose numbers are called. */
export const WHOM = policy(
  { key: "region", sort: "text", example: "CN", charsMax: 2 },
  { key: "regions", sort: "lines" },
  { key: "allowed_prefixes", sort: "lines" },
  { key: "refused_prefixes", sort: "lines" },
);
/** How long it rings, how often somebody may ask, and how far ahead. */
export const BOUNDS = policy(
  { key: "ring_agent_secs", sort: "number", usual: 20, max: 120 },
  { key: "ring_contact_secs", sort: "number", usual: 40, max: 120 },
  { key: "per_number_per_day", sort: "number", usual: 5, max: 100 },
  { key: "days_ahead", sort: "number", usual: 14, max: 60 },
  { key: "remind_minutes", sort: "number", usual: 15, max: 1440 },
);

/** The key of what sends codes to numbers; without it, no number has to be proved. */
export const VERIFY = `${CALLBACK}.verify`;
/** What sends codes: a page of somebody's code, as a phone bridge is. */
export const SENDER: readonly ImField[] = [
  ...policy({ key: "verify.url", sort: "text", required: true, example: "https://codes.city.example/" }),
  { key: `${VERIFY}.secret`, sort: "secret", words: "bridge.secret", boundTo: [`${VERIFY}.url`], make: "whsec" },
  { key: `${VERIFY}.previous_secret`, sort: "secret", words: "bridge.previous_secret", boundTo: [`${VERIFY}.url`] },
];

/** The pauses before the next tries, in minutes, where the settings say nothing. */
export const PAUSES_USUAL = [5, 30];
export const PAUSES_MAX = 9;
/** The bounds of a pause, in minutes. */
export const PAUSE = { min: 0.5, max: 1440 };

function policyOf(settings: Stored | undefined): Tree {
  const found = at(settings, CALLBACK);
  return typeof found === "object" && found !== null ? (found as Tree) : {};
}

/** An empty list says something here, so it is written, unlike other empty values. */
function withList(settings: Stored | undefined, key: string, list: readonly unknown[] | null): Stored {
  const path = `${CALLBACK}.${key}`;
  if (list === null) return withAt(settings, path, undefined);
  return { ...settings, [CALLBACK]: { ...policyOf(settings), [key]: [...list] } } as unknown as Stored;
}

/** The pauses in minutes; none for a single try. */
export function pausesOf(settings: Stored | undefined): number[] {
  const found = policyOf(settings)["retry_pauses_secs"];
  return Array.isArray(found) ? found.filter((each): each is number => typeof each === "number").map((secs) => secs / 60) : PAUSES_USUAL;
}

/** Pauses as they are typed, `5, 30`. Null when they cannot be read. */
export function readPauses(typed: string): number[] | null {
  const found = typed.split(/[\s,，、;；]+/u).filter(Boolean).map(Number);
  const fit = found.length <= PAUSES_MAX && found.every((each) => each >= PAUSE.min && each <= PAUSE.max && Number.isInteger(each * 60));
  return fit ? found : null;
}

export const withPauses = (settings: Stored | undefined, minutes: readonly number[]): Stored =>
  withList(settings, "retry_pauses_secs", minutes.join() === PAUSES_USUAL.join() ? null : minutes.map((each) => each * 60));

/** Outcomes after which somebody may be tried again. */
export const AGAIN_AFTER = ["busy", "no_answer", "voicemail", "failed", "declined", "bad_number"] as const satisfies readonly CallOutcome[];
const AGAIN_USUAL: readonly string[] = ["busy", "no_answer", "voicemail", "failed"];

export function retriesOf(settings: Stored | undefined): readonly string[] {
  return Array.isArray(policyOf(settings)["retry_after"]) ? listAt(settings, `${CALLBACK}.retry_after`) : AGAIN_USUAL;
}

/** Outcomes that have no box here stay as they are. */
export function withRetry(settings: Stored | undefined, outcome: string, again: boolean): Stored {
  const others = retriesOf(settings).filter((each) => each !== outcome);
  const next = again ? [...others, outcome] : others;
  const isUsual = next.length === AGAIN_USUAL.length && next.every((each) => AGAIN_USUAL.includes(each));
  return withList(settings, "retry_after", isUsual ? null : next);
}

/** The key by which other channels name the phone channel that rings for them. */
const TELEPHONE = "phone.channel";

export function telephoneOf(settings: Stored | undefined): string {
  const found = at(settings, TELEPHONE);
  return typeof found === "string" ? found : "";
}

/** Nobody is called back without one, and then nothing of it stands there. */
export const withTelephone = (settings: Stored | undefined, channel: string): Stored => withAt(settings, channel === "" ? "phone" : TELEPHONE, channel);
