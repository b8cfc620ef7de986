/** Times to come, in words. */
import type { Locale } from "@hutong/api-client";
import { timeText } from "@hutong/ui/time";
import type { Say } from "../texts/index.ts";

const DAY = 86_400_000;

/** `14:00`, `tomorrow 09:00`, `Monday 09:00`, `5 January 09:00`. */
export function whenText(at: number, now: number, locale: Locale, t: Say): string {
  const time = timeText(at, locale);
  const days = Math.round((midnight(at) - midnight(now)) / DAY);
  if (days <= 0) return time;
  const day =
    days <= 2 ? new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day")
    : days < 7 ? new Intl.DateTimeFormat(locale, { weekday: "long" }).format(at)
    : new Intl.DateTimeFormat(locale, { month: "long", day: "numeric" }).format(at);
  return t("day_time", { day, time });
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
