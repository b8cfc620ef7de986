/** The settings of a mailbox as the form holds them: read and written by dotted paths, so that whatever the form
 * does not know stays as it is. */
import type { Channel } from "@hutong/api-client";

type Stored = NonNullable<Channel["settings"]>;
type Tree = Record<string, unknown>;

const tree = (value: unknown): Tree => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Tree) : {});

/** What stands at a path; undefined when nothing does. */
export function at(settings: Stored | undefined, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => tree(value)[key], settings);
}

export function textAt(settings: Stored | undefined, path: string): string {
  const value = at(settings, path);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function listAt(settings: Stored | undefined, path: string): string[] {
  const value = at(settings, path);
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function put(value: unknown, [key = "", ...rest]: string[], what: unknown): Tree {
  const { [key]: before, ...others } = tree(value);
  const next = rest.length > 0 ? put(before, rest, what) : what;
  // What is empty has the gateway's default, and is not written.
  const empty = next === undefined || next === "" || (Array.isArray(next) && next.length === 0);
  return empty ? others : { ...others, [key]: next };
}

/** The settings with something else at a path; an empty text or list, or undefined, takes it away. */
export function withAt(settings: Stored | undefined, path: string, what: unknown): Stored {
  return put(settings, path.split("."), what) as Stored;
}

export const PARTS = ["imap", "smtp", "oauth", "lmtp", "dkim"] as const;
export type Part = (typeof PARTS)[number];

export const hasPart = (settings: Stored | undefined, part: Part) => typeof at(settings, part) === "object";

/** The mailbox that every server has (RFC 9051). */
export const MAILBOX = "INBOX";
export const SECURITIES = ["tls", "starttls", "plain"] as const;
export const AUTHS = ["password", "xoauth2"] as const;
export const AFTERS = ["seen", "keep", "move"] as const;
export type After = (typeof AFTERS)[number];

/** The port that goes with a server and its protection. */
export function usualPort(part: "imap" | "smtp", security: string): number {
  const ports = part === "imap" ? { tls: 993, starttls: 143, plain: 143 } : { tls: 465, starttls: 587, plain: 25 };
  return ports[SECURITIES.find((each) => each === security) ?? "tls"];
}

/** `move:Done` in its two halves. */
export function afterOf(text: string): { after: After; folder: string } {
  if (text.startsWith("move:")) return { after: "move", folder: text.slice("move:".length) };
  return { after: text === "keep" ? "keep" : "seen", folder: "" };
}

export const PROVIDERS = ["generic", "microsoft365", "gmail", "exmail", "netease"] as const;
export type Provider = (typeof PROVIDERS)[number];

interface Preset {
  imap: Tree;
  smtp: Tree;
  oauth?: Tree;
  more?: Tree;
}

const servers = (imap: string, smtp: string, security: "tls" | "starttls", auth?: "xoauth2"): Preset => ({
  imap: { host: imap, security: "tls", port: 993, auth },
  smtp: { host: smtp, security, port: usualPort("smtp", security), auth },
});

const PRESETS: Record<Exclude<Provider, "generic">, Preset> = {
  microsoft365: {
    ...servers("outlook.office365.com", "smtp.office365.com", "starttls", "xoauth2"),
    oauth: { token_url: "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token", scope: "https://outlook.office365.com/.default" },
    more: { plus_addresses: true },
  },
  gmail: {
    ...servers("imap.gmail.com", "smtp.gmail.com", "tls", "xoauth2"),
    oauth: { token_url: "https://oauth2.googleapis.com/token", scope: "https://mail.google.com/" },
    more: { plus_addresses: true, authserv_ids: ["mx.google.com"] },
  },
  exmail: servers("imap.exmail.qq.com", "smtp.exmail.qq.com", "tls"),
  netease: servers("imap.qiye.163.com", "smtp.qiye.163.com", "tls"),
};

/** Whose servers these are. */
export function providerOf(settings: Stored | undefined): Provider {
  const host = textAt(settings, "imap.host") || textAt(settings, "smtp.host");
  return PROVIDERS.find((each) => each !== "generic" && [PRESETS[each].imap["host"], PRESETS[each].smtp["host"]].includes(host)) ?? "generic";
}

const without = (value: unknown, names: readonly string[]) => Object.fromEntries(Object.entries(tree(value)).filter(([name]) => !names.includes(name)));

/** Fills in a provider's servers. Users stay, and begin with the address; passwords do not go to other servers. */
export function withProvider(settings: Stored | undefined, provider: Provider): Stored {
  if (provider === "generic" || provider === providerOf(settings)) return settings ?? {};
  const preset = PRESETS[provider];
  const server = (part: "imap" | "smtp") => {
    const before = without(at(settings, part), ["password", "auth"]);
    const found = Object.fromEntries(Object.entries(preset[part]).filter(([, value]) => value !== undefined));
    return { user: textAt(settings, "address"), ...before, ...found };
  };
  return { ...without(settings, ["oauth"]), ...preset.more, imap: server("imap"), smtp: server("smtp"), ...(preset.oauth ? { oauth: preset.oauth } : {}) } as unknown as Stored;
}

/** Switches a part on, with what it starts from, or off with everything in it. */
export function withPart(settings: Stored | undefined, part: Part, on: boolean): Stored {
  const starts: Record<Part, Tree> = {
    imap: { security: "tls", user: textAt(settings, "address") }, smtp: { security: "tls", user: textAt(settings, "address") },
    oauth: {}, lmtp: { listen: "127.0.0.1:2424" }, dkim: { domain: textAt(settings, "address").split("@")[1] ?? "", selector: "hutong" },
  };
  return withAt(settings, part, on ? starts[part] : undefined);
}

export interface MailRule {
  from_domain?: string;
  from?: string;
  subject_contains?: string;
  important?: boolean;
  topic?: string;
  request_type?: string;
  audience?: string;
}

export function rulesOf(settings: Stored | undefined): MailRule[] {
  const found = at(settings, "rules");
  return Array.isArray(found) ? found.map((each) => tree(each) as MailRule) : [];
}

/** A rule with another value; an empty one is no condition. */
export function withRule(rule: MailRule, key: keyof MailRule, value: string | boolean | undefined): MailRule {
  return put(rule, [key], value);
}

const MIB = 1024 * 1024;
export const BYTES_MAX_DEFAULT = 64 * MIB;
export const mebibytes = (bytes: number) => Math.round(bytes / MIB);
export const bytesOfMebibytes = (count: number) => count * MIB;
