/** The one catalogue of the app. */
import type { Locale } from "@hutong/chat";
import { format, type Params } from "@hutong/ui/texts";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

export type TextKey = keyof typeof zh;
export type Translate = (key: TextKey, params?: Params) => string;

export const catalogues: Record<Locale, Record<TextKey, string>> = { "zh-CN": zh, en };

export function translator(locale: Locale): Translate {
  return (key, params = {}) => format(catalogues[locale][key], params, locale);
}

export const isTextKey = (key: string): key is TextKey => key in zh;

/** The language of a browser. */
export const localeOf = (tag: string | null): Locale => (tag === null || tag.toLowerCase().startsWith("zh") ? "zh-CN" : "en");
