/** Words of asking for a call, in the person's language. They come with the form. */
import type { Locale } from "@hutong/api-client";
import { format, type Params } from "@hutong/ui/texts";
import { en } from "./en.ts";
import { zhCN } from "./zh-CN.ts";

export type CallTextKey = keyof typeof zhCN;
export type CallSay = (key: CallTextKey, params?: Params) => string;

export const callTexts: Record<Locale, Record<CallTextKey, string>> = { "zh-CN": zhCN, en };

export function callVoiceOf(locale: Locale): CallSay {
  return (key, params = {}) => format(callTexts[locale][key], params, locale);
}
