/** The few words that are said on the host page itself. */
import type { Locale } from "@hutong/api-client";

export const loaderTexts: Record<Locale, { open: string; close: string; title: string; unread: string }> = {
  "zh-CN": { open: "打开在线咨询", close: "关闭在线咨询", title: "在线咨询", unread: "条未读消息" },
  en: { open: "Open live help", close: "Close live help", title: "Live help", unread: "unread" },
};
