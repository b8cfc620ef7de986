/** The choices of a person, and how a stored text becomes them. */

export interface Preferences {
  locale: "zh-CN" | "en";
  theme: "system" | "light" | "dark";
  /** Rings when an offer comes. */
  sound: boolean;
  /** Shows browser notifications when the page is not in sight. */
  notify: boolean;
  sendBy: "enter" | "ctrl_enter";
  /** Single letters act; people who dictate or tremble turn them off. */
  keys: boolean;
  /** Shows the panel about the contact. */
  panel: boolean;
}

function defaults(languages: readonly string[]): Preferences {
  const first = languages.find((language) => /^(zh|en)/iu.test(language)) ?? "zh-CN";
  return {
    locale: first.toLowerCase().startsWith("zh") ? "zh-CN" : "en",
    theme: "system",
    sound: true,
    notify: false,
    sendBy: "enter",
    keys: true,
    panel: true,
  };
}

/** Reads what was stored; anything unknown or of the wrong sort falls back to the default. */
export function readPreferences(text: string | null, languages: readonly string[]): Preferences {
  const found = defaults(languages);
  let stored: Partial<Record<keyof Preferences, unknown>>;
  try {
    stored = JSON.parse(text ?? "{}") as Partial<Record<keyof Preferences, unknown>>;
  } catch {
    return found;
  }
  if (stored.locale === "zh-CN" || stored.locale === "en") found.locale = stored.locale;
  if (stored.theme === "light" || stored.theme === "dark") found.theme = stored.theme;
  if (stored.sendBy === "ctrl_enter") found.sendBy = stored.sendBy;
  for (const name of ["sound", "notify", "keys", "panel"] as const) {
    const value = stored[name];
    if (typeof value === "boolean") found[name] = value;
  }
  return found;
}
