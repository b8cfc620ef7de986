/** How high the frame of a letter stands. Nobody can look into the frame, we neither: it has no origin and runs no
 * scripts. So its height is judged from the markup, as text; the reader may draw it larger or smaller. */

/** A letter of a line or two is still a letter. */
const HEIGHT_MIN_PX = 96;
/** What is seen at once; more is scrolled, or shown when its reader asks. */
export const HEIGHT_FOLDED_PX = 480;
/** Of the page of `framePage`: 14 px at 1.6, margins of 12 and 16 px, a paragraph's margin of one line. */
const LINE_PX = 22.4;
const CHAR_PX = 14;
const MARGIN_PX = { x: 32, y: 24 };
const BLOCK_PX = 7;
const ROW_PX = 14;
/** A picture that does not say how high it is. */
const PICTURE_PX = 60;
/** Letters are larger than judged rather than smaller: a little air is better than a bar to scroll by. */
const AIR = 1.15;
/** More markup than this is high in any case. */
const MARKUP_CHARS_MAX = 200_000;

const BLOCK = /<\/?(?:p|div|br|h[1-6]|li|ul|ol|tr|table|blockquote|pre|hr|section|article|header|footer|address|center)\b[^>]*>/giu;
/** What stands in full width; other letters take about half of it. */
const WIDE = /[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]/gu;

function widthOf(text: string): number {
  const wide = text.match(WIDE)?.length ?? 0;
  return (wide + (text.length - wide) * 0.55) * CHAR_PX;
}

function pictureHeight(tag: string): number {
  const said = /\bheight\s*[=:]\s*["']?\s*(\d+)(?:px)?["';\s>]/iu.exec(tag);
  return said?.[1] === undefined ? PICTURE_PX : Number(said[1]);
}

const textOf = (markup: string) => markup.replace(/<[^>]*>/gu, " ").replace(/&[a-z#0-9]{1,10};/giu, "x").replace(/\s+/gu, " ").trim();

/** About how high markup stands in a frame of this width, in pixels. */
export function estimatedHeight(html: string, width: number): number {
  if (html.length > MARKUP_CHARS_MAX) return Number.POSITIVE_INFINITY;
  const room = Math.max(80, width - MARGIN_PX.x);
  let height = MARGIN_PX.y;
  for (const piece of html.split(BLOCK)) {
    const text = textOf(piece);
    if (text !== "") height += Math.ceil(widthOf(text) / room) * LINE_PX + BLOCK_PX;
  }
  height += (html.match(/<tr\b/giu)?.length ?? 0) * ROW_PX + (html.match(/<br\b/giu)?.length ?? 0) * BLOCK_PX;
  for (const tag of html.match(/<img\b[^>]*>/giu) ?? []) height += pictureHeight(tag);
  return height * AIR;
}

/** The height at which a frame begins. */
export const frameHeight = (estimate: number) => Math.round(Math.min(Math.max(estimate, HEIGHT_MIN_PX), HEIGHT_FOLDED_PX));
