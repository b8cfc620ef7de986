/** The messengers that can be connected, as data: what each wants to know, in the order in which its console tells it.
 * Names of settings are those of the adapters. */
import type { Channel, Schemas } from "@hutong/api-client";
import { isNetwork, type Network } from "../../core/networks.model";
import type { TextKey } from "../../texts/texts";
import { at, listAt, textAt, withAt } from "./email.model";
import { newSecret } from "./web-chat.model";

type Stored = NonNullable<Channel["settings"]>;
type Tree = Record<string, unknown>;

interface Base {
  key: string;
  /** The part of the catalogue with its words, `im` unless another is named. */
  area?: "im" | "phone";
  /** Its words are `im.KEY` with `im.KEY_hint`, and `im.KEY.CHOICE`, unless other words than the key's do. */
  words?: string;
  hint?: TextKey;
  /** It is asked for only when another setting has this value. */
  when?: { key: string; is: string };
}

/** How a secret looks that the desk thinks up: plain, or as Standard Webhooks write theirs. */
export type Making = "plain" | "whsec";

export type ImField =
  | (Base & { sort: "text"; required?: boolean; example?: string; charsMax?: number })
  /** `boundTo`: who moves one of these must give the secret anew, for it would be shown to somebody else. `make`: the
   * desk thinks it up, and it is told to the network. */
  | (Base & { sort: "secret"; boundTo?: readonly string[]; make?: Making })
  | (Base & { sort: "choice"; usual: string; choices: readonly string[] })
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

const way = (...choices: readonly [usual: string, ...others: readonly string[]]): ImField => ({ key: "mode", sort: "choice", usual: choices[0], choices });
const address = (key: string, example: string, words = "api_url"): ImField => ({ key, sort: "text", words, hint: "im.address_hint", example });
const always = () => true;
const byMode = (mode: string) => (settings: Stored | undefined) => textAt(settings, "mode") === mode;

const WECOM: readonly ImField[] = [
  { key: "corp_id", sort: "text", required: true, example: "ww1234567890abcdef" },
  { key: "secret", sort: "secret", boundTo: ["api_url"] },
  { key: "token", sort: "secret", words: "callback_token" },
  { key: "encoding_aes_key", sort: "secret" },
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
      ...WECOM.slice(0, 1), { key: "agent_id", sort: "number", usual: 1_000_002, max: 4_294_967_295 }, ...WECOM.slice(1),
    ],
    more: [{ key: "directory_id", sort: "text", example: "userid" }, QYAPI],
    called: always,
  },
  wecom_kf: {
    fields: [...WECOM, { key: "accounts", sort: "lines" }],
    more: [
      { key: "start", sort: "choice", usual: "new", choices: ["new", "all"] },
      { key: "poll_secs", sort: "number", usual: 60, max: 3600 }, QYAPI,
    ],
    called: always,
  },
  dingtalk: {
    fields: [
      way("stream", "http"),
      { key: "client_id", sort: "text", required: true },
      { key: "client_secret", sort: "secret", boundTo: ["api_base_url", "oapi_base_url", "client_id"] },
    ],
    more: [
      { key: "robot_code", sort: "text" },
      address("api_base_url", "https://api.dingtalk.com"), address("oapi_base_url", "https://oapi.dingtalk.com", "oapi_base_url"),
    ],
    called: byMode("http"),
  },
  feishu: {
    fields: [
      way("long_connection", "http"),
      { key: "app_id", sort: "text", required: true, example: "cli_a1b2c3d4e5f6" },
      { key: "app_secret", sort: "secret", boundTo: ["base_url", "app_id"] },
      { key: "encrypt_key", sort: "secret", when: { key: "mode", is: "http" } },
      { key: "verification_token", sort: "secret", when: { key: "mode", is: "http" } },
    ],
    more: [address("base_url", "https://open.feishu.cn")],
    called: byMode("http"),
  },
  telegram: {
    fields: [
      way("poll", "webhook"),
      { key: "token", sort: "secret", words: "bot_token", hint: "im.telegram.token_hint", boundTo: ["api_url"] },
      { key: "webhook_secret", sort: "secret", make: "plain", when: { key: "mode", is: "webhook" } },
    ],
    more: [address("api_url", "https://api.telegram.org")],
    called: byMode("webhook"),
  },
  slack: {
    fields: [
      way("socket", "http"),
      { key: "bot_token", sort: "secret", hint: "im.slack.bot_token_hint", boundTo: ["api_url", "files_url"] },
      { key: "app_token", sort: "secret", boundTo: ["api_url"], when: { key: "mode", is: "socket" } },
      { key: "signing_secret", sort: "secret", when: { key: "mode", is: "http" } },
    ],
    more: [address("api_url", "https://slack.com/api"), address("files_url", "https://files.slack.com", "files_url")],
    called: byMode("http"),
  },
  matrix: {
    fields: [
      { key: "homeserver", sort: "text", required: true, example: "https://matrix.city.example" },
      { key: "server_name", sort: "text", required: true, example: "city.example" },
      { key: "as_token", sort: "secret", make: "plain", boundTo: ["homeserver"] },
      { key: "hs_token", sort: "secret", make: "plain" },
    ],
    more: [
      { key: "user", sort: "text", example: "desk" },
      { key: "display_name", sort: "text" },
      { key: "appservice", sort: "text" },
      { key: "ignored", sort: "lines" },
    ],
    called: always,
  },
  bridge: {
    fields: [
      { key: "url", sort: "text", words: "bridge.url", required: true, example: "https://bridge.city.example/commands" },
      { key: "secret", sort: "secret", words: "bridge.secret", boundTo: ["url", "files_url"], make: "whsec" },
      { key: "previous_secret", sort: "secret", words: "bridge.previous_secret", boundTo: ["url", "files_url"] },
    ],
    more: [
      { key: "files_url", sort: "text", hint: "im.bridge.files_url_hint" },
      { key: "text_bytes_max", sort: "number", usual: 4000, max: 16_384 },
      { key: "file_bytes_max", sort: "number", usual: 5 * 1024 * 1024, max: 20 * 1024 * 1024 },
      { key: "reply_window.hours", sort: "number", words: "window_hours", hint: "im.window_hint", usual: 0, max: 4380 },
      { key: "reply_window.messages_max", sort: "number", words: "window_messages", hint: "im.window_hint", usual: 0, max: 1000 },
      ...CAN.map(([name, usual]): ImField => ({ key: `capabilities.${name}`, sort: "flag", words: `can.${name}`, usual })),
    ],
    called: always,
    below: "/events",
  },
};

/** A secret of 32 bytes of chance. */
export function makeSecret(making: Making): string {
  return making === "whsec" ? `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}` : newSecret();
}

export const connectionOf = (adapter: string): Connection | null => (isNetwork(adapter) ? CONNECTIONS[adapter] : null);

/** The keys of a field's label and hint; not every field has a hint. */
export const keysOf = ({ key, area = "im", words = key, hint = `${area}.${words}_hint` as TextKey }: ImField) => ({ label: `${area}.${words}` as TextKey, hint });

/** Is a field asked for, as the settings stand? */
export function isAsked({ when }: ImField, connection: Connection, settings: Stored | undefined): boolean {
  if (!when) return true;
  const other = [...connection.fields, ...connection.more].find(({ key }) => key === when.key);
  const usual = other?.sort === "choice" ? other.usual : "";
  return (textAt(settings, when.key) || usual) === when.is;
}

/** The key of what the desk itself does in a chat; the adapter does not see it. */
export const DESK = "desk";

const deskFlag = (words: string): ImField => ({ key: `${DESK}.${words}`, sort: "flag", words, usual: true });
const deskNumber = (words: string, usual: number, max: number): ImField => ({ key: `${DESK}.${words}`, sort: "number", words, usual, max });

/** What the desk says and shows in a chat. */
export const SAID: readonly ImField[] = ["acknowledge", "position_updates", "ask_rating", "show_typing", "show_read"].map(deskFlag);
export const BOUNDS: readonly ImField[] = [deskNumber("update_after_secs", 120, 3600), deskNumber("updates_max", 5, 20), deskNumber("link_hours", 168, 720)];
/** By what somebody here is known to be the same person as on another channel. */
export const SAME_PERSON: readonly ImField[] = [
  { key: `${DESK}.same_person.directory`, sort: "text", words: "same_person.directory", example: "city-staff", charsMax: 64 },
  ...["same_person.email", "same_person.phone"].map(deskFlag),
];

const own = (value: unknown): Tree => (typeof value === "object" && value !== null ? (value as Tree) : {});

/** Keys that forms beside the adapter's show: what the desk does, which telephones ring for it, whom they ring. */
const SHOWN_ELSEWHERE = [DESK, "phone", "callback"];

/** The settings that no field shows. */
export function restOf(settings: Stored | undefined, connection: Connection | null): Tree {
  const known = new Set([...SHOWN_ELSEWHERE, ...[...(connection?.fields ?? []), ...(connection?.more ?? [])].map(({ key }) => key.split(".")[0] ?? "")]);
  return Object.fromEntries(Object.entries(own(settings)).filter(([key]) => !known.has(key)));
}

/** The settings with others in the place of those that no field shows. */
export function withRest(settings: Stored | undefined, connection: Connection | null, rest: Tree): Stored {
  const before = restOf(settings, connection);
  const kept = Object.entries(own(settings)).filter(([key]) => !(key in before));
  const shown = new Set(kept.map(([key]) => key));
  const more = Object.entries(rest).filter(([key]) => !shown.has(key) && !SHOWN_ELSEWHERE.includes(key));
  return Object.fromEntries([...kept, ...more]) as Stored;
}

/** What words in the chat can do, and which words do it while the settings say nothing. */
export const DEEDS = {
  position: ["人工", "排队", "human", "position"], end: ["结束", "结束会话", "end"], rate: ["评价", "rate"],
  callback: ["回电", "请回电", "callback", "call me"],
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
