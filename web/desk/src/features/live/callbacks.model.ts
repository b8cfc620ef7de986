/** The measures of callbacks, as a table shows them. */
import type { Schemas } from "@hutong/api-client";
import type { Locale } from "@hutong/ui";
import { clockText } from "@hutong/ui";

/** What the gateway reckons for one line. Rates go from 0 to 1, and are absent where there is nothing to divide by. */
export type CallbackMeasures = Schemas["CallbackMeasures"];

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
