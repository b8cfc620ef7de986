/** Divides a long text where the gateway divides it for a network: between paragraphs, sentences, words, and only then
 * between characters. The writer is told the same number that the reader gets. */

/** Where a text may be divided, best first: behind each of these. */
const ENDS = ["\n", "。！？…；!?;.", "，、：, \u3000\t"];
/** A place is good when the part before it has at least this share of the room, as a divisor. */
const AT_LEAST_ONE_IN = 3;

function bytesOfChar(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** A point inside a number, a name or an address ends nothing. */
function isEnd(chars: readonly string[], at: number): boolean {
  const next = chars[at + 1];
  return chars[at] !== "." || next === undefined || /\s/u.test(next);
}

/** How many characters of the rest go into the next part; at least one. */
function place(chars: readonly string[], bytesMax: number): number {
  const ends: number[] = [];
  let bytes = 0;
  for (const char of chars) {
    bytes += bytesOfChar(char);
    if (bytes > bytesMax) break;
    ends.push(bytes);
  }
  // As the gateway counts: whole bytes.
  const good = Math.floor(bytesMax / AT_LEAST_ONE_IN);
  for (const these of ENDS) {
    for (let at = ends.length - 1; at >= 0; at -= 1) {
      if (!these.includes(chars[at] ?? "") || !isEnd(chars, at)) continue;
      if ((ends[at] ?? 0) >= good) return at + 1;
      break;
    }
  }
  return Math.max(1, ends.length);
}

/** The parts of a text, each of at most so many bytes in UTF-8, none of them blank. */
export function split(text: string, bytesMax: number): string[] {
  const parts: string[] = [];
  let rest = [...text];
  let bytes = rest.reduce((sum, char) => sum + bytesOfChar(char), 0);
  const push = (part: string) => {
    const bare = part.trimEnd().replace(/^\n+/u, "");
    if (bare.trim() !== "") parts.push(bare);
  };
  while (bytes > bytesMax && rest.length > 0) {
    const at = place(rest, bytesMax);
    const part = rest.slice(0, at);
    push(part.join(""));
    bytes -= part.reduce((sum, char) => sum + bytesOfChar(char), 0);
    rest = rest.slice(at);
  }
  push(rest.join(""));
  return parts;
}
