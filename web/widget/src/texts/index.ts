/** Words by key, in the person's language. */
import type { Locale } from "@hutong/api-client";
import { format, type Params } from "@hutong/ui/texts";
import { en } from "./en.ts";
import { zhCN } from "./zh-CN.ts";

export { localeOf } from "./locale.ts";

/** Every text that the panel can say. */
export type TextKey = keyof typeof zhCN;

/** Says a text. */
export type Say = (key: TextKey, params?: Params) => string;

const catalogues: Record<Locale, Record<TextKey, string>> = { "zh-CN": zhCN, en };

/** The voice of a language. */
export function voiceOf(locale: Locale): Say {
  return (key, params = {}) => format(catalogues[locale][key], params, locale);
}

/** Is this one of the catalogue's keys? For keys that are put together. */
export function isTextKey(key: string): key is TextKey {
  return key in zhCN;
}
