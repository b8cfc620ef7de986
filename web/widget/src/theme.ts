/** The desk's one colour, made into a set in which every text can be read. */
import { DEFAULT_COLOR } from "./color.ts";

/** A colour as its three channels, 0 to 255. */
type Rgb = readonly [number, number, number];

/** The colours that follow from the brand colour. */
export interface Theme {
  /** Filled areas. */
  brand: string;
  /** Text on them. */
  onBrand: string;
  /** The same colour as text and outline on a plain ground. */
  ink: string;
  /** A hint of it as a ground. */
  tint: string;
}

/** The ratio that WCAG AA asks of text. */
const READABLE = 4.5;
const WHITE: Rgb = [255, 255, 255];
const INK: Rgb = [16, 21, 43];
/** The plain grounds of both themes, as in the tokens. */
const GROUND = { light: WHITE, dark: [21, 25, 32] as Rgb };

/** Reads `#rgb` and `#rrggbb`; anything else is null. */
export function parseColor(text: string): Rgb | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text.trim());
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim());
  const parts = long?.slice(1) ?? short?.slice(1).map((digit) => digit + digit);
  if (parts === undefined) return null;
  const [r = 0, g = 0, b = 0] = parts.map((part) => parseInt(part, 16));
  return [r, g, b];
}

/** How strongly two colours differ, 1 to 21, as WCAG counts it. */
export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** The set for a brand colour. An unreadable colour text gives the default. */
export function themeOf(color: string, dark: boolean): Theme {
  const brand = parseColor(color) ?? parseColor(DEFAULT_COLOR) ?? INK;
  const onBrand = contrast(brand, WHITE) >= READABLE ? WHITE : contrast(brand, INK) >= READABLE ? INK : null;
  const ground = dark ? GROUND.dark : GROUND.light;
  // Neither white nor ink can be read on a colour in the middle: darken it until white can.
  const fill = onBrand === null ? readable(brand, WHITE, INK) : brand;
  return {
    brand: hex(fill),
    onBrand: hex(onBrand ?? WHITE),
    ink: hex(readable(brand, mix(ground, brand, dark ? 0.16 : 0.1), dark ? WHITE : INK)),
    tint: hex(mix(ground, brand, dark ? 0.16 : 0.1)),
  };
}

/** Moves a colour towards another until it can be read on the ground. */
function readable(color: Rgb, ground: Rgb, towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const candidate = mix(color, towards, share);
    if (contrast(candidate, ground) >= READABLE + 0.1) return candidate;
  }
  return towards;
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const at = (n: 0 | 1 | 2): number => Math.round(a[n] + (b[n] - a[n]) * share);
  return [at(0), at(1), at(2)];
}

function luminance(color: Rgb): number {
  const [r, g, b] = color.map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function hex(color: Rgb): string {
  return `#${color.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
