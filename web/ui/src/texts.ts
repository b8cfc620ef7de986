/** Texts in two languages, from catalogues that are complete in both: a small part of ICU messages.
 *
 * `{name}` is replaced by a parameter; `{n, plural, one {# file} other {# files}}` chooses by number. */

export type Locale = "zh-CN" | "en";
export type Params = Readonly<Record<string, string | number>>;
export type Catalogue = Readonly<Record<string, string>>;

interface Plural {
  param: string;
  forms: Record<string, string>;
  end: number;
}

/** The text between the brace at `open` and its partner; `end` is after the partner. */
function braced(text: string, open: number): { inner: string; end: number } {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return { inner: text.slice(open + 1, at), end: at + 1 };
  }
  throw new Error(`unbalanced braces in the text: ${text}`);
}

function parsePlural(inner: string, end: number): Plural | undefined {
  const head = /^(\w+)\s*,\s*plural\s*,/u.exec(inner);
  if (!head?.[1]) return undefined;
  const forms: Record<string, string> = {};
  let rest = inner.slice(head[0].length);
  for (let match = /^\s*(=?\w+)\s*\{/u.exec(rest); match?.[1]; match = /^\s*(=?\w+)\s*\{/u.exec(rest)) {
    const form = braced(rest, match[0].length - 1);
    forms[match[1]] = form.inner;
    rest = rest.slice(form.end);
  }
  return { param: head[1], forms, end };
}

/** Fills a text with its parameters. A parameter that is missing stays visible as `{name}`. */
export function format(text: string, params: Params, locale: Locale): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{", at);
    if (open < 0) return out + text.slice(at);
    out += text.slice(at, open);
    const { inner, end } = braced(text, open);
    const plural = parsePlural(inner, end);
    if (plural) {
      const value = Number(params[plural.param] ?? 0);
      const rule = new Intl.PluralRules(locale).select(value);
      const form = plural.forms[`=${value}`] ?? plural.forms[rule] ?? plural.forms["other"] ?? "";
      out += format(form.replaceAll("#", value.toLocaleString(locale)), params, locale);
    } else {
      out += String(params[inner] ?? `{${inner}}`);
    }
    at = end;
  }
  return out;
}

/** The names of a text's parameters, for comparing catalogues. */
export function paramsOf(text: string): string[] {
  const found = new Set<string>();
  const walk = (part: string) => {
    for (let open = part.indexOf("{"); open >= 0; open = part.indexOf("{", open)) {
      const { inner, end } = braced(part, open);
      const plural = parsePlural(inner, end);
      found.add(plural ? plural.param : inner);
      if (plural) Object.values(plural.forms).forEach(walk);
      open = end;
    }
  };
  walk(text);
  return [...found].sort();
}
