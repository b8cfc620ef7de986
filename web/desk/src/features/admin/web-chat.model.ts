/** The settings of a web chat as the form holds them, and which pages may show it. */
import type { Channel, Localized, Schemas } from "@hutong/api-client";

/** The adapter alone knows what stands in it. */
type StoredSettings = NonNullable<Channel["settings"]>;

export type Widget = Schemas["WidgetSettings"];

export interface WebChat {
  allowed_origins: readonly string[];
  /** Never shown: what stands here is only known to be there. */
  identity_secret: string;
  /** Which mailbox carries letters of the chat; null: none, nothing goes by mail. */
  mail: ByMail | null;
  widget: Widget;
}

export interface ByMail {
  channel: string;
  after_secs: number;
}

/** How long an answer may stay unread, in seconds: the usual, and the bounds. */
export const AFTER_SECS = { usual: 120, min: 5, max: 86_400 } as const;

export const CORNERS = ["right", "left"] as const;
export const ASK_NAMES = ["no", "optional", "required"] as const;
/** The shortest key of identity tokens, in bytes. */
export const SECRET_BYTES_MIN = 32;

const nothing = (): Localized => ({ "zh-CN": "", en: "" });
const obj = (value: unknown) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {});
const text = (value: unknown, otherwise = "") => (typeof value === "string" ? value : otherwise);
const oneOf = <T extends string>(values: readonly T[], value: unknown, otherwise: T) => values.find((each) => each === value) ?? otherwise;

function localizedOf(value: unknown): Localized {
  const found = obj(value);
  return { ...nothing(), "zh-CN": text(found["zh-CN"]), en: text(found["en"]) };
}

function mailOf(value: unknown): ByMail | null {
  const found = obj(value);
  const channel = text(found["channel"]);
  const secs = found["after_secs"];
  return channel === "" ? null : { channel, after_secs: typeof secs === "number" ? secs : AFTER_SECS.usual };
}

function widgetOf(value: unknown): Widget {
  const found = obj(value);
  const privacy = obj(found["privacy"]);
  return {
    color: text(found["color"], "#1f5fbf"),
    corner: oneOf(CORNERS, found["corner"], "right"),
    greeting: localizedOf(found["greeting"]),
    privacy: { text: localizedOf(privacy["text"]), url: text(privacy["url"]) },
    ask_name: oneOf(ASK_NAMES, found["ask_name"], "optional"),
    typing_preview: found["typing_preview"] === true,
    elder_mode: found["elder_mode"] !== false,
  };
}

/** Reads what is stored; what is not said has the gateway's default. */
export function readWebChat(settings: StoredSettings | undefined): WebChat {
  const found = obj(settings);
  const origins = Array.isArray(found["allowed_origins"]) ? (found["allowed_origins"] as unknown[]) : [];
  return {
    allowed_origins: origins.map((each) => text(each)).filter(Boolean),
    identity_secret: text(found["identity_secret"]),
    mail: mailOf(found["mail"]),
    widget: widgetOf(found["widget"]),
  };
}

/** Writes it back beside whatever else stands there. Without a secret, none is written. */
export function writeWebChat(settings: StoredSettings | undefined, by: Partial<WebChat>): StoredSettings {
  const next = { ...readWebChat(settings), ...by };
  const rest = Object.fromEntries(Object.entries(obj(settings)).filter(([name]) => name !== "identity_secret" && name !== "mail"));
  const secret = next.identity_secret === "" ? {} : { identity_secret: next.identity_secret };
  const mail = next.mail === null ? {} : { mail: next.mail };
  return { ...rest, ...secret, ...mail, allowed_origins: next.allowed_origins, widget: next.widget } as unknown as StoredSettings;
}

/** The origin of an address that a person pasted, as browsers write it. Null when it is none. */
export function originOf(address: string): string | null {
  const typed = address.trim();
  if (typed === "") return null;
  try {
    const url = new URL(/^https?:\/\//iu.test(typed) ? typed : `https://${typed}`);
    return url.hostname.includes(".") || url.hostname === "localhost" ? url.origin : null;
  } catch {
    return null;
  }
}

/** Does an origin match an entry? `https://*.city.example` stands for every name below. */
export function matches(entry: string, origin: string): boolean {
  const [scheme, parent] = entry.split("*.");
  if (parent === undefined || scheme === undefined) return entry.toLowerCase() === origin.toLowerCase();
  const host = origin.startsWith(scheme) ? origin.slice(scheme.length).toLowerCase() : "";
  const below = `.${parent.toLowerCase()}`;
  return host.endsWith(below) && host.length > below.length;
}

export function isOrigin(entry: string): boolean {
  return /^https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/iu.test(entry);
}

export type StepName = "enabled" | "channel" | "loader" | "address" | "secure" | "listed";

export interface Step {
  name: StepName;
  ok: boolean;
}

/** What a page needs before it can show the chat, in the order in which it is missed. */
export function checkSteps(given: { enabled: boolean; answers: boolean; loads: boolean; origin: string | null; own: string; origins: readonly string[] }): Step[] {
  const { origin, own } = given;
  const steps: Step[] = [
    { name: "enabled", ok: given.enabled },
    { name: "channel", ok: given.answers },
    { name: "loader", ok: given.loads },
    { name: "address", ok: origin !== null },
  ];
  if (origin === null) return steps;
  // A page by https shows no frame by http.
  steps.push({ name: "secure", ok: own.startsWith("https:") || !origin.startsWith("https:") });
  steps.push({ name: "listed", ok: origin === own || given.origins.some((entry) => matches(entry, origin)) });
  return steps;
}

/** A key of 32 bytes of chance, as text. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
