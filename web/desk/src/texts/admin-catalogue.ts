/** The texts of the admin pages; importing it adds them. */
import { en as adminEn } from "./admin.en";
import { zh as adminZh } from "./admin.zh";
import { addTexts, type AdminKey } from "./catalogues";
import { en as emailEn } from "./email.en";
import { zh as emailZh } from "./email.zh";
import { en as imEn } from "./im.en";
import { zh as imZh } from "./im.zh";
import { en as phoneEn } from "./phone.en";
import { zh as phoneZh } from "./phone.zh";
import { en as versionsEn } from "./versions.en";
import { zh as versionsZh } from "./versions.zh";
import { en as webEn } from "./web-chat.en";
import { zh as webZh } from "./web-chat.zh";

export const adminTexts: Record<"en" | "zh-CN", Record<AdminKey, string>> = {
  en: { ...adminEn, ...webEn, ...versionsEn, ...emailEn, ...imEn, ...phoneEn },
  "zh-CN": { ...adminZh, ...webZh, ...versionsZh, ...emailZh, ...imZh, ...phoneZh },
};

addTexts(adminTexts);
