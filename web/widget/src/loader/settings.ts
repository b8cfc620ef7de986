/** What the script tag says. */
import type { Locale } from "@hutong/api-client";

export interface LoaderSettings {
  channel: string;
  locale: Locale;
  /** Null where the page leaves it to the desk. */
  color: string | null;
  corner: "left" | "right" | null;
  /** The folder from which the script came, with a slash at the end. */
  base: string;
}

/** Reads the tag; whatever does not fit is left out. */
export function settingsOf(data: Record<string, string | undefined>, src: string, pageLanguage: string): LoaderSettings {
  const color = data["color"] ?? "";
  const corner = data["corner"];
  const locale = data["locale"] ?? pageLanguage;
  return {
    channel: /^[A-Za-z0-9_-]{1,64}$/.test(data["channel"] ?? "") ? (data["channel"] ?? "") : "website",
    locale: locale === "" || /^zh\b/i.test(locale) ? "zh-CN" : "en",
    color: /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(color) ? color : null,
    corner: corner === "left" || corner === "right" ? corner : null,
    base: new URL(".", src).href,
  };
}

/** Dark or light signs on a ground of this colour? The one that differs more. */
export function signColor(color: string): "#fff" | "#10152b" {
  const digits = color.slice(1);
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const c = parseInt(full.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return 1.05 / (light + 0.05) >= 3 ? "#fff" : "#10152b";
}

/** The address of the panel's page. */
export function frameAddress(settings: LoaderSettings, origin: string): string {
  const url = new URL("frame.html", settings.base);
  url.searchParams.set("channel", settings.channel);
  url.searchParams.set("locale", settings.locale);
  url.searchParams.set("origin", origin);
  if (settings.color !== null) url.searchParams.set("color", settings.color);
  return url.href;
}
