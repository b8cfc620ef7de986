/** What may be attached, checked before a byte is sent. The server checks again, by content. */
import type { ChatChannel } from "@hutong/api-client";

/** The most files in one message. */
export const FILES_MAX = 10;

/** Media types that a browser can show without running anything. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** Why a file may not be attached; null when it may. */
export function refusal(
  file: { type: string; size: number },
  channel: Pick<ChatChannel, "media_types" | "file_bytes_max">,
  attached: number,
): "too_many" | "empty" | "too_big" | "wrong_type" | null {
  if (attached >= FILES_MAX) return "too_many";
  if (file.size === 0) return "empty";
  if (file.size > channel.file_bytes_max) return "too_big";
  // Some systems do not know a type; then only the server can tell.
  if (file.type !== "" && !allowed(file.type, channel.media_types)) return "wrong_type";
  return null;
}

function allowed(type: string, media: readonly string[]): boolean {
  const bare = type.split(";")[0]?.trim().toLowerCase() ?? "";
  return media.some((one) => one === bare || (one.endsWith("/*") && bare.startsWith(one.slice(0, -1))));
}

export function isPicture(mediaType: string): boolean {
  return SHOWN.has(mediaType);
}

/** `820 KB`, `3.4 MB`: as people say it. */
export function sizeText(bytes: number, locale: string): string {
  const [value, unit] = bytes < 1024 * 1024 ? [Math.max(1, Math.round(bytes / 1024)), "KB"] : [bytes / (1024 * 1024), "MB"];
  return `${value.toLocaleString(locale, { maximumFractionDigits: 1 })} ${unit}`;
}
