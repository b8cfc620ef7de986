/** The messengers that can be connected, as data: what each wants to know, in the order in which its console tells it.
 * Names of settings are those of the adapters. */
import type { Channel, Schemas } from "@hutong/api-client";
import { isNetwork, type Network } from "../../core/networks.model";
import type { TextKey } from "../../texts/texts";
import { at, listAt, textAt, withAt } from "./email.model";

type Stored = NonNullable<Channel["settings"]>;
type Tree = Record<string, unknown>;

interface Base {
  key: string;
  /** Its words; those of a network with names of its own are `im.NETWORK.KEY`. */
  label: TextKey;
  hint?: TextKey;
  /** It is asked for only when another setting has this value. */
  when?: { key: string; is: string };
}

/** How a secret looks that the desk thinks up: plain, or as Standard Webhooks write theirs. */
export type Making = "plain" | "whsec";

export type ImField =
  | (Base & { sort: "text"; required?: boolean; example?: string })
  /** `boundTo`: who moves one of these must give the secret anew, for it would be shown to somebody else. `make`: the
   * desk thinks it up, and it is told to the network. */
  | (Base & { sort: "secret"; boundTo?: readonly string[]; make?: Making })
  | (Base & { sort: "choice"; usual: string; choices: readonly { value: string; label: TextKey }[] })
  | (Base & { sort: "lines" })
  | (Base & { sort: "flag"; usual: boolean })
  | (Base & { sort: "number"; usual: number; max: number });

export interface Connection {
  /** What must be known. */
  fields: readonly ImField[];
  /** What is right for nearly everybody as it stands. */
  more: readonly ImField[];
  /** Does the network call us? Some do only in one of their ways. */
  called: (settings: Stored | undefined) => boolean;
  /** What stands behind the channel's callback address. */
  below?: string;
}

const way = (usual: string, ...values: readonly string[]): ImField => ({
  key: "mode", sort: "choice", label: "im.mode", hint: "im.mode_hint", usual,
  choices: values.map((value) => ({ value, label: `im.mode.${value}` as TextKey })),
});
const address = (key: string, example: string): ImField => ({ key, sort: "text", label: `im.${key}` as TextKey, hint: "im.address_hint", example });
const always = () => true;
const byMode = (mode: string) => (settings: Stored | undefined) => textAt(settings, "mode") === mode;

const WECOM: readonly ImField[] = [
  { key: "corp_id", sort: "text", label: "im.corp_id", hint: "im.corp_id_hint", required: true, example: "ww1234567890abcdef" },
  { key: "secret", sort: "secret", label: "im.secret", boundTo: ["api_url"] },
  { key: "token", sort: "secret", label: "im.callback_token", hint: "im.callback_token_hint" },
  { key: "encoding_aes_key", sort: "secret", label: "im.encoding_aes_key", hint: "im.encoding_aes_key_hint" },
];
/** What a messenger behind a bridge can carry, and what is taken for granted. */
const CAN = [
  ["files_in", true], ["files_out", true], ["edit", false], ["delete", false], ["reactions", false], ["typing", false], ["receipts", false],
  ["choices", false], ["proactive", false],
] as const;
const QYAPI = address("api_url", "https://qyapi.weixin.qq.com");

export const CONNECTIONS: Record<Network, Connection> = {
  wecom: {
    fields: [
      ...WECOM.slice(0, 1), { key: "agent_id", sort: "number", label: "im.agent_id", hint: "im.agent_id_hint", usual: 1_000_002, max: 4_294_967_295 }, ...WECOM.slice(1),
    ],
    more: [{ key: "directory_id", sort: "text", label: "im.directory_id", hint: "im.directory_id_hint", example: "userid" }, QYAPI],
    called: always,
  },
  wecom_kf: {
    fields: [...WECOM, { key: "accounts", sort: "lines", label: "im.accounts", hint: "im.accounts_hint" }],
    more: [
      { key: "start", sort: "choice", label: "im.start", usual: "new", choices: [{ value: "new", label: "im.start.new" }, { value: "all", label: "im.start.all" }] },
      { key: "poll_secs", sort: "number", label: "im.poll_secs", hint: "im.poll_secs_hint", usual: 60, max: 3600 }, QYAPI,
    ],
    called: always,
  },
  dingtalk: {
    fields: [
      way("stream", "stream", "http"),
      { key: "client_id", sort: "text", label: "im.client_id", hint: "im.client_id_hint", required: true },
      { key: "client_secret", sort: "secret", label: "im.client_secret", boundTo: ["api_base_url", "oapi_base_url", "client_id"] },
    ],
    more: [
      { key: "robot_code", sort: "text", label: "im.robot_code", hint: "im.robot_code_hint" },
      address("api_base_url", "https://api.dingtalk.com"), address("oapi_base_url", "https://oapi.dingtalk.com"),
    ],
    called: byMode("http"),
  },
  feishu: {
    fields: [
      way("long_connection", "long_connection", "http"),
      { key: "app_id", sort: "text", label: "im.app_id", hint: "im.app_id_hint", required: true, example: "cli_a1b2c3d4e5f6" },
      { key: "app_secret", sort: "secret", label: "im.app_secret", boundTo: ["base_url", "app_id"] },
      { key: "encrypt_key", sort: "secret", label: "im.encrypt_key", hint: "im.encrypt_key_hint", when: { key: "mode", is: "http" } },
      { key: "verification_token", sort: "secret", label: "im.verification_token", when: { key: "mode", is: "http" } },
    ],
    more: [address("base_url", "https://open.feishu.cn")],
    called: byMode("http"),
  },
  telegram: {
    fields: [
      way("poll", "poll", "webhook"),
      { key: "token", sort: "secret", label: "im.bot_token", hint: "im.telegram.token_hint", boundTo: ["api_url"] },
      { key: "webhook_secret", sort: "secret", label: "im.webhook_secret", hint: "im.webhook_secret_hint", make: "plain", when: { key: "mode", is: "webhook" } },
    ],
    more: [address("api_url", "https://api.telegram.org")],
    called: byMode("webhook"),
  },
  slack: {
    fields: [
      way("socket", "socket", "http"),
      { key: "bot_token", sort: "secret", label: "im.bot_token", hint: "im.slack.bot_token_hint", boundTo: ["api_url", "files_url"] },
      { key: "app_token", sort: "secret", label: "im.app_token", hint: "im.app_token_hint", boundTo: ["api_url"], when: { key: "mode", is: "socket" } },
      { key: "signing_secret", sort: "secret", label: "im.signing_secret", when: { key: "mode", is: "http" } },
    ],
    more: [address("api_url", "https://slack.com/api"), address("files_url", "https://files.slack.com")],
    called: byMode("http"),
  },
  matrix: {
    fields: [
      { key: "homeserver", sort: "text", label: "im.homeserver", required: true, example: "https://matrix.city.example" },
      { key: "server_name", sort: "text", label: "im.server_name", hint: "im.server_name_hint", required: true, example: "city.example" },
      { key: "as_token", sort: "secret", label: "im.as_token", hint: "im.as_token_hint", make: "plain", boundTo: ["homeserver"] },
      { key: "hs_token", sort: "secret", label: "im.hs_token", hint: "im.hs_token_hint", make: "plain" },
    ],
    more: [
      { key: "user", sort: "text", label: "im.user", hint: "im.user_hint", example: "desk" },
      { key: "display_name", sort: "text", label: "im.display_name" },
      { key: "appservice", sort: "text", label: "im.appservice", hint: "im.appservice_hint" },
      { key: "ignored", sort: "lines", label: "im.ignored", hint: "im.ignored_hint" },
    ],
    called: always,
  },
  bridge: {
    fields: [
      { key: "url", sort: "text", label: "im.bridge.url", hint: "im.bridge.url_hint", required: true, example: "https://bridge.city.example/commands" },
      { key: "secret", sort: "secret", label: "im.bridge.secret", hint: "im.bridge.secret_hint", boundTo: ["url", "files_url"], make: "whsec" },
      { key: "previous_secret", sort: "secret", label: "im.bridge.previous_secret", hint: "im.bridge.previous_secret_hint", boundTo: ["url", "files_url"] },
    ],
    more: [
      { key: "files_url", sort: "text", label: "im.files_url", hint: "im.bridge.files_url_hint" },
      { key: "text_bytes_max", sort: "number", label: "im.text_bytes_max", usual: 4000, max: 16_384 },
      { key: "file_bytes_max", sort: "number", label: "im.file_bytes_max", usual: 5 * 1024 * 1024, max: 20 * 1024 * 1024 },
      { key: "reply_window.hours", sort: "number", label: "im.window_hours", hint: "im.window_hint", usual: 0, max: 4380 },
      { key: "reply_window.messages_max", sort: "number", label: "im.window_messages", hint: "im.window_hint", usual: 0, max: 1000 },
      ...CAN.map(([name, usual]): ImField => ({ key: `capabilities.${name}`, sort: "flag", label: `im.can.${name}` as TextKey, usual })),
    ],
    called: always,
    below: "/events",
  },
};

/** A secret of 32 bytes of chance. */
export function makeSecret(making: Making): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  if (making === "whsec") return `whsec_${btoa(String.fromCharCode(...bytes))}`;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const connectionOf = (adapter: string): Connection | null => (isNetwork(adapter) ? CONNECTIONS[adapter] : null);

/** Is a field asked for, as the settings stand? */
export function isAsked({ when }: ImField, connection: Connection, settings: Stored | undefined): boolean {
  if (!when) return true;
  const other = [...connection.fields, ...connection.more].find(({ key }) => key === when.key);
  const usual = other?.sort === "choice" ? other.usual : "";
  return (textAt(settings, when.key) || usual) === when.is;
}

/** The key of what the desk itself does in a chat; the adapter does not see it. */
export const DESK = "desk";

const own = (value: unknown): Tree => (typeof value === "object" && value !== null ? (value as Tree) : {});

/** The settings that no field shows. */
export function restOf(settings: Stored | undefined, connection: Connection | null): Tree {
  const known = new Set([DESK, ...[...(connection?.fields ?? []), ...(connection?.more ?? [])].map(({ key }) => key.split(".")[0] ?? "")]);
  return Object.fromEntries(Object.entries(own(settings)).filter(([key]) => !known.has(key)));
}

/** The settings with others in the place of those that no field shows. */
export function withRest(settings: Stored | undefined, connection: Connection | null, rest: Tree): Stored {
  const before = restOf(settings, connection);
  const kept = Object.entries(own(settings)).filter(([key]) => !(key in before));
  const shown = new Set(kept.map(([key]) => key));
  const more = Object.entries(rest).filter(([key]) => !shown.has(key) && key !== DESK);
  return Object.fromEntries([...kept, ...more]) as Stored;
}

/** What words in the chat can do, and which words do it while the settings say nothing. */
export const DEEDS = {
  position: ["人工", "排队", "human", "position"], end: ["结束", "结束会话", "end"], rate: ["评价", "rate"],
} as const;
export type Deed = keyof typeof DEEDS;
export const WORD_CHARS_MAX = 20;
export const WORDS_MAX = 20;
export const RULES_MAX = 200;

/** The words of a deed; none when it is switched off. */
export function wordsOf(settings: Stored | undefined, deed: Deed): readonly string[] {
  const path = `${DESK}.commands.${deed}`;
  return at(settings, path) === undefined ? DEEDS[deed] : listAt(settings, path);
}

/** An empty list switches the deed off, so it must be written, unlike other empty values. */
export function withWords(settings: Stored | undefined, deed: Deed, words: readonly string[]): Stored {
  const usual = words.join("\n") === DEEDS[deed].join("\n");
  if (usual) return withAt(settings, `${DESK}.commands.${deed}`, undefined);
  const desk = own(at(settings, DESK));
  const commands = { ...own(desk["commands"]), [deed]: [...words] };
  return { ...own(settings), [DESK]: { ...desk, commands } } as unknown as Stored;
}

/** Reads words that are typed, one after the other. */
export function readWords(text: string): string[] {
  return [...new Set(text.split(/[,，、;；\n]+/u).map((word) => word.trim()).filter(Boolean))];
}

export interface DepartmentRule {
  department?: string;
  topic?: string;
  audience?: string;
}

export function departmentsOf(settings: Stored | undefined): DepartmentRule[] {
  const found = at(settings, `${DESK}.departments`);
  return Array.isArray(found) ? found.map((each) => (typeof each === "object" && each !== null ? (each as DepartmentRule) : {})) : [];
}

export const withDepartments = (settings: Stored | undefined, rules: readonly DepartmentRule[]) => withAt(settings, `${DESK}.departments`, rules);

/** A rule with another value; an empty one says nothing. */
export function withDepartment(rule: DepartmentRule, key: keyof DepartmentRule, value: string): DepartmentRule {
  const rest = Object.fromEntries(Object.entries(rule).filter(([each]) => each !== key)) as DepartmentRule;
  return value === "" ? rest : { ...rest, [key]: value };
}

export type Finding = Schemas["Finding"];
export type Passed = Finding["passed"];

/** Does anything that was found keep the channel from working? */
export const works = (findings: readonly Finding[]) => findings.every(({ passed }) => passed !== "no");
