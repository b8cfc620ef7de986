/** When somebody is to be called: days and hours as the clocks of one zone show them, also where they are moved. */
import type { Locale } from "@hutong/api-client";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How long a window is that nobody made longer or shorter, in hours. */
const USUAL_HOURS = 2;
/** The shortest window of the gateway, in milliseconds. */
const WINDOW_MIN = 15 * 60_000;

/** A day of the calendar. */
export interface Day {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
}

/** When to call; both absent for as soon as possible. In milliseconds. */
export interface Window {
  from?: number;
  until?: number;
}

/** An hour of a day: what its clock shows, 0 to 24, and when that is. */
export interface Hour {
  hour: number;
  at: number;
}

/** The zone of this machine. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone, or this machine's where the browser does not know it. */
export function knownZone(zone: string | null | undefined): string {
  try {
    return new Intl.DateTimeFormat("en", zone ? { timeZone: zone } : {}).resolvedOptions().timeZone;
  } catch {
    return ownZone();
  }
}

/** Making a formatter costs more than using it a hundred times. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(zone: string): Intl.DateTimeFormat {
  const found = clocks.get(zone) ?? new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
  });
  clocks.set(zone, found);
  return found;
}

/** What the zone's calendar and clock show, as if it were UTC. */
function shown(at: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of clock(zone).formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute);
}

const utc = ({ year, month, day }: Day, hour = 0) => Date.UTC(year, month - 1, day, hour);

function dayOf(utcMs: number): Day {
  const date = new Date(utcMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** When the zone's clock shows this hour of this day (24 is the end of the day): the first time where clocks go back, null where they jump
 * over it. */
export function instantOf(day: Day, hour: number, zone: string): number | null {
  const wanted = utc(day, hour);
  // Clocks are moved at most once within these days: one of both offsets holds at that hour.
  const [before, after] = [wanted - DAY, wanted + DAY].map((at) => wanted - (shown(at, zone) - at)) as [number, number];
  const found = [before, after].filter((at) => shown(at, zone) === wanted);
  return found.length === 0 ? null : Math.min(...found);
}

/** The hours of a day at which a window may begin: those that are to come and within so many days. */
export function beginnings(day: Day, now: number, zone: string, ahead: number): Hour[] {
  return hours(day, 0, 23, zone).filter(({ at }) => at > now && at - now <= ahead * DAY);
}

/** The hours at which a window may end that begins at this one. */
export function ends(day: Day, from: number, zone: string): Hour[] {
  return hours(day, from + 1, 24, zone);
}

function hours(day: Day, first: number, last: number, zone: string): Hour[] {
  const all = Array.from({ length: last - first + 1 }, (_, n) => ({ hour: first + n, at: instantOf(day, first + n, zone) }));
  return all.filter((one): one is Hour => one.at !== null);
}

/** The days on which somebody may still be called. */
export function daysAhead(now: number, zone: string, ahead: number): Day[] {
  const today = shown(now, zone);
  const all = Array.from({ length: ahead + 1 }, (_, n) => dayOf(today + n * DAY));
  return all.filter((day) => beginnings(day, now, zone, ahead).length > 0);
}

/** The end that a window gets which begins then: the same span as before, or the usual one. */
export function endFor(day: Day, from: number, zone: string, span = USUAL_HOURS): number {
  const choices = ends(day, from, zone);
  return (choices.find(({ hour }) => hour >= from + span) ?? choices.at(-1))?.hour ?? 24;
}

/** The window that a day and two hours make; null where the clocks know no such hours. */
export function windowOf(day: Day, from: number, until: number, zone: string): Required<Window> | null {
  const [begins, over] = [instantOf(day, from, zone), instantOf(day, until, zone)];
  return begins === null || over === null || over - begins < WINDOW_MIN ? null : { from: begins, until: over };
}

/** What of a window can still be asked for, when something else of the wish is changed. */
export function stillAhead({ from, until }: { from?: number | null | undefined; until?: number | null | undefined }, now: number): Window {
  const begins = typeof from === "number" && from > now ? from : undefined;
  const over = typeof until === "number" && until - (begins ?? now) >= WINDOW_MIN ? until : undefined;
  return { ...(begins === undefined ? {} : { from: begins }), ...(over === undefined ? {} : { until: over }) };
}

/** `1998-07-03`: a day as the value of a field. */
export const dayValue = ({ year, month, day }: Day) => `${String(year)}-${String(month)}-${String(day)}`;

export const hourText = (hour: number) => `${String(hour).padStart(2, "0")}:00`;

/** `today`, `tomorrow`, `Monday 30 November`. */
export function dayWords(day: Day, now: number, zone: string, locale: Locale): string {
  const days = Math.round((utc(day) - utc(dayOf(shown(now, zone)))) / DAY);
  if (days >= 0 && days <= 1) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
  return new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "short", month: "short", day: "numeric" }).format(utc(day));
}

/** The time of day in the zone: `09:30`. */
export function timeIn(at: number, zone: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** `today 14:00`, `tomorrow 09:00–11:00`. */
export function momentWords({ from, until }: { from: number; until?: number | null | undefined }, now: number, zone: string, locale: Locale): string {
  const day = dayOf(shown(from, zone));
  const begins = `${dayWords(day, now, zone, locale)} ${timeIn(from, zone, locale)}`;
  if (typeof until !== "number" || until <= from) return begins;
  if (until <= (instantOf(day, 24, zone) ?? 0)) return `${begins}\u2060–\u2060${timeIn(until, zone, locale).replace("00:00", "24:00")}`;
  return `${begins} – ${momentWords({ from: until }, now, zone, locale)}`;
}

/** The name of a zone: `China Standard Time`. */
export function zoneName(zone: string, at: number, locale: Locale): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "long" }).formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? zone;
}

/** Do both zones show the same time just now? */
export const sameClock = (one: string, other: string, at: number) => shown(at, one) === shown(at, other);
