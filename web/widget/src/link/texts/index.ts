/** Words by key, in the person's language. */
import type { Locale } from "@hutong/api-client";
import { format, type Params } from "@hutong/ui/texts";
import { en } from "./en.ts";
import { zhCN } from "./zh-CN.ts";

export type LinkTextKey = keyof typeof zhCN;
export type LinkSay = (key: LinkTextKey, params?: Params) => string;

export const linkTexts: Record<Locale, Record<LinkTextKey, string>> = { "zh-CN": zhCN, en };

export function linkVoiceOf(locale: Locale): LinkSay {
  return (key, params = {}) => format(linkTexts[locale][key], params, locale);
}
