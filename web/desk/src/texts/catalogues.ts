/** Every text in both languages, put together from the areas of the desk. */
import { en as adminEn } from "./admin.en";
import { zh as adminZh } from "./admin.zh";
import { en as emailEn } from "./email.en";
import { zh as emailZh } from "./email.zh";
import { en as liveEn } from "./live.en";
import { zh as liveZh } from "./live.zh";
import { en as mailEn } from "./mail.en";
import { zh as mailZh } from "./mail.zh";
import { en as serveEn } from "./serve.en";
import { zh as serveZh } from "./serve.zh";
import { en as sharedEn } from "./shared.en";
import { zh as sharedZh } from "./shared.zh";
import { en as versionsEn } from "./versions.en";
import { zh as versionsZh } from "./versions.zh";
import { en as webEn } from "./web-chat.en";
import { zh as webZh } from "./web-chat.zh";

const en = { ...sharedEn, ...serveEn, ...liveEn, ...adminEn, ...webEn, ...versionsEn, ...mailEn, ...emailEn };

export type TextKey = keyof typeof en;

const zh: Record<TextKey, string> = { ...sharedZh, ...serveZh, ...liveZh, ...adminZh, ...webZh, ...versionsZh, ...mailZh, ...emailZh };

export const catalogues: Record<"en" | "zh-CN", Record<TextKey, string>> = { en, "zh-CN": zh };
