/** What a person chose for this browser: language, theme, sound, keys. Kept in `localStorage`. */
import { effect, signal } from "@preact/signals";
import type { Locale } from "@hutong/ui";
import { readPreferences, type Preferences } from "./preferences.model";

const KEY = "hutong.preferences";

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export const preferences = signal<Preferences>(readPreferences(stored(), navigator.languages));

export function prefer(change: Partial<Preferences>) {
  preferences.value = { ...preferences.value, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences.value));
  } catch {
    // A browser that stores nothing forgets the choice; the page goes on.
  }
}

export function locale(): Locale {
  return preferences.value.locale;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(dark.matches);
dark.addEventListener("change", () => {
  systemDark.value = dark.matches;
});

/** Keeps `<html>` in step, before the first paint. */
export function followPreferences() {
  effect(() => {
    const { theme } = preferences.value;
    const isDark = theme === "dark" || (theme === "system" && systemDark.value);
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
    document.documentElement.lang = preferences.value.locale;
  });
}
