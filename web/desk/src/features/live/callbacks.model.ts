/** The measures of callbacks, as a table shows them. */
import type { Locale } from "@hutong/ui";
import { clockText } from "@hutong/ui";

/** What the gateway reckons for one line. Rates go from 0 to 1, and are null where there is nothing to divide by. */
export interface CallbackMeasures {
  line: string;
  requested: number;
  connected: number;
  /** Requests whose person's telephone was tried. */
  tried?: number;
  first_try: number;
  in_window: number;
  with_window: number;
  abandoned: number;
  given_up: number;
  attempts: number;
  mean_wait_ms?: number | null;
  longest_wait_ms?: number | null;
  agent_rung: number;
  agent_answered_in_time: number;
  within_secs: number;
  first_try_rate?: number | null;
  in_window_rate?: number | null;
  agent_answer_rate?: number | null;
  abandonment_rate?: number | null;
}

/** The columns, in the order in which they are read. */
export const COLUMNS = [
  "requested", "connected", "first_try_rate", "in_window_rate", "abandonment_rate", "given_up", "attempts", "mean_wait_ms", "longest_wait_ms", "agent_answer_rate",
] as const;
export type Column = (typeof COLUMNS)[number];

const isRate = (column: Column) => column.endsWith("_rate");

/** One number of a line; a dash where there is nothing to divide by, or nobody waited. */
export function valueText(of: CallbackMeasures, column: Column, locale: Locale): string {
  const value = of[column];
  if (typeof value !== "number") return "–";
  if (isRate(column)) return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }).format(value);
  return column.endsWith("_ms") ? clockText(value) : new Intl.NumberFormat(locale).format(value);
}
