/** Which language a person reads. */
import type { Locale } from "@hutong/api-client";

/** The language that a page's or browser's tag asks for: Chinese of any kind, or else English. */
export function localeOf(tag: string | null | undefined): Locale {
  return tag === null || tag === undefined || tag === "" || /^zh\b/i.test(tag) ? "zh-CN" : "en";
}
