/** Every text in both languages that a page may need at once, put together from the areas of the desk. Those of the
 * admin pages come with these pages: most agents never see them. */
import type { en as adminEn } from "./admin.en";
import { en as callEn } from "./call.en";
import { zh as callZh } from "./call.zh";
import type { en as callbacksEn } from "./callbacks.en";
import { en as chatEn } from "./chat.en";
import { zh as chatZh } from "./chat.zh";
import type { en as emailEn } from "./email.en";
import type { en as imEn } from "./im.en";
import { en as liveEn } from "./live.en";
import { zh as liveZh } from "./live.zh";
import { en as mailEn } from "./mail.en";
import { zh as mailZh } from "./mail.zh";
import { en as serveEn } from "./serve.en";
import { zh as serveZh } from "./serve.zh";
import { en as sharedEn } from "./shared.en";
import { zh as sharedZh } from "./shared.zh";
import type { en as phoneEn } from "./phone.en";
import type { en as versionsEn } from "./versions.en";
import type { en as webEn } from "./web-chat.en";

const en = { ...sharedEn, ...serveEn, ...chatEn, ...liveEn, ...mailEn, ...callEn };
type FirstKey = keyof typeof en;
const zh: Record<FirstKey, string> = { ...sharedZh, ...serveZh, ...chatZh, ...liveZh, ...mailZh, ...callZh };

/** Keys that are there once an admin page is. */
export type AdminKey = keyof typeof adminEn | keyof typeof webEn | keyof typeof versionsEn | keyof typeof emailEn | keyof typeof imEn | keyof typeof phoneEn;
/** Keys that are there once the measures of callbacks are. */
export type CallbacksKey = keyof typeof callbacksEn;
export type TextKey = FirstKey | AdminKey | CallbacksKey;

type Texts = Partial<Record<TextKey, string>>;
export const catalogues: Record<"en" | "zh-CN", Texts> = { en, "zh-CN": zh };

/** Adds texts that came later. */
export function addTexts(more: Record<"en" | "zh-CN", Texts>) {
  Object.assign(catalogues.en, more.en);
  Object.assign(catalogues["zh-CN"], more["zh-CN"]);
}
