/** Times in words: relative, exact, and durations whose digits do not jump. */
import type { Locale } from "./texts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (n: number) => String(n).padStart(2, "0");

/** Making a formatter costs more than using it a hundred times. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const found = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, found);
  return found;
}

/** `0:42`, `12:05`, `1:03:20`; never negative. For clocks that tick. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** One unit in words: `42 s`, `12 min`, `3 h`, `2 d`. For lists. */
export function durationText(ms: number, locale: Locale): string {
  const span = Math.max(0, ms);
  const [value, unit] =
    span < MINUTE ? [Math.floor(span / SECOND), "second"]
    : span < HOUR ? [Math.floor(span / MINUTE), "minute"]
    : span < DAY ? [Math.floor(span / HOUR), "hour"]
    : [Math.floor(span / DAY), "day"];
  return new Intl.NumberFormat(locale, { style: "unit", unit: String(unit), unitDisplay: "short" }).format(Number(value));
}

/** `just now`, `5 min ago`, then the time of day, then the date. */
export function relativeText(at: number, now: number, locale: Locale): string {
  const ago = now - at;
  if (ago < MINUTE && ago > -MINUTE) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(0, "second");
  if (ago >= 0 && ago < HOUR) {
    return new Intl.RelativeTimeFormat(locale, { style: "short" }).format(-Math.floor(ago / MINUTE), "minute");
  }
  if (sameDay(at, now)) return timeText(at, locale);
  return dayText(at, now, locale);
}

/** The time of day. */
export function timeText(at: number, locale: Locale): string {
  return formatter(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** The day: yesterday, today and tomorrow in words, others by date. */
export function dayText(at: number, now: number, locale: Locale): string {
  if (sameDay(at, now)) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(0, "day");
  if (sameDay(at, now - DAY)) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-1, "day");
  if (sameDay(at, now + DAY)) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(1, "day");
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const year = sameYear ? {} : { year: "numeric" as const };
  return formatter(locale, { month: "short", day: "numeric", weekday: "short", ...year }).format(at);
}

/** Everything, for the hover. */
export function exactText(at: number, locale: Locale): string {
  return formatter(locale, { dateStyle: "full", timeStyle: "long", hourCycle: "h23" }).format(at);
}

export function sameDay(a: number, b: number): boolean {
  const [x, y] = [new Date(a), new Date(b)];
  return x.getDate() === y.getDate() && x.getMonth() === y.getMonth() && x.getFullYear() === y.getFullYear();
}
