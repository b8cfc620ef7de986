/** The one catalogue of the desk. */
import { localized, type Localized } from "@hutong/api-client";
import { format, type Catalogue, type Locale, type Params } from "@hutong/ui";
import { locale } from "../core/preferences";
import { catalogues, type TextKey } from "./catalogues";

export type { TextKey };

/** The text in the reader's language; views that call it follow a change of language. */
export function t(key: TextKey, params: Params = {}): string {
  return format(catalogues[locale()][key] ?? key, params, locale());
}

/** The text in a language that need not be the reader's. */
export function tIn(locale: Locale, key: TextKey): string {
  return format(catalogues[locale][key] ?? key, {}, locale);
}

export function hasText(key: string): key is TextKey {
  return key in catalogues.en;
}

/** The text of a key that is made up of parts, or the last part itself when nothing is known of it. */
export function tOr(key: string, otherwise: string): string {
  return hasText(key) ? t(key) : otherwise;
}

/** A text that exists in both languages as data. */
export function inWords(text: Localized | undefined, otherwise = ""): string {
  return (text && localized(text, locale())) || otherwise;
}

export type { Catalogue };
