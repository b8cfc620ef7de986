/** Which rows of a long list are in sight. */

/** Rows kept beyond each edge, so that a fast scroll does not show holes. */
export const ROWS_BEYOND = 6;

/** The first row to draw, and the one after the last. */
export function windowOf(count: number, rowPx: number, top: number, height: number): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowPx) - ROWS_BEYOND));
  const last = Math.min(count, Math.ceil((top + height) / rowPx) + ROWS_BEYOND);
  return { first, last: Math.max(first, last) };
}
