import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { paramsOf } from "@hutong/ui/texts";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { callTexts } from "../calling/texts/index.ts";
import { linkTexts } from "../link/texts/index.ts";
import { loaderTexts } from "../loader/texts.ts";
import { en } from "./en.ts";
import { localeOf, voiceOf } from "./index.ts";
import { zhCN } from "./zh-CN.ts";

const SRC = join(import.meta.dirname, "..");
const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|fixtures\.ts$|^texts\/|^loader\/texts|\/texts\//.test(name),
);
const textOf = (name: string) => readFileSync(join(SRC, name), "utf8");

/** Words that a person would read but that stand in the source: JSX text, spoken attributes, Chinese strings. */
function spelledOut(name: string): string[] {
  const file = ts.createSourceFile(name, textOf(name), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const spoken = new Set(["aria-label", "title", "placeholder", "alt", "label"]);
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /[\p{L}]/u.test(node.text)) found.push(node.text.trim());
    if (ts.isJsxAttribute(node) && spoken.has(node.name.getText()) && node.initializer && ts.isStringLiteral(node.initializer)) {
      if (node.initializer.text !== "") found.push(node.initializer.text);
    }
    if (ts.isStringLiteralLike(node) && /\p{Script=Han}/u.test(node.text)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Each catalogue with the folders in which its words are said, and the keys that may look the same in both languages. */
const catalogues = [
  { name: "the panel", texts: { "zh-CN": zhCN, en }, said: (file: string) => !/^(?:calling|link)\//.test(file), same: ["language", "day_time", "wait_joined"] },
  { name: "the form of a call", texts: callTexts, said: (file: string) => file.startsWith("calling/"), same: [] as string[] },
  { name: "the page of a call", texts: linkTexts, said: (file: string) => file.startsWith("link/"), same: ["language"] },
];

describe.each(catalogues)("the catalogues of $name", ({ texts, said, same }: (typeof catalogues)[number]) => {
  const zh: Record<string, string> = texts["zh-CN"];
  const english: Record<string, string> = texts.en;

  it("have the same keys, none empty", () => {
    expect(Object.keys(english)).toEqual(Object.keys(zh));
    for (const text of [...Object.values(zh), ...Object.values(english)]) expect(text.trim()).not.toBe("");
  });

  it("fill every text from the same parameters", () => {
    for (const [key, text] of Object.entries(zh)) expect(paramsOf(english[key] ?? ""), key).toEqual(paramsOf(text));
  });

  it("are each in its own language", () => {
    for (const [key, text] of Object.entries(english)) {
      if (key !== "language") expect(text, key).not.toMatch(/\p{Script=Han}/u);
    }
    for (const [key, text] of Object.entries(zh)) {
      if (!same.includes(key)) expect(text, key).toMatch(/\p{Script=Han}/u);
    }
  });

  it("hold no text that nothing says", () => {
    // Words about the wait are chosen by the client for apps.
    const all = [...sources.filter(said), "../../sdk/src/wait.ts"].map(textOf).join("\n");
    const unused = Object.keys(zh).filter((key) => !all.includes(`"${key}"`) && !/^problem_(?!dismiss)/.test(key));
    expect(unused).toEqual([]);
  });
});

describe("every catalogue", () => {
  it("of the loader has the same keys", () => {
    expect(Object.keys(loaderTexts["zh-CN"])).toEqual(Object.keys(loaderTexts.en));
  });

  it.each(sources)("leave no word spelled out in %s", (name) => {
    expect(spelledOut(name)).toEqual([]);
  });
});

describe("the voice", () => {
  it("speaks plurals and ranges", () => {
    expect(voiceOf("en")("wait_before", { n: 1 })).toBe("1 person before you");
    expect(voiceOf("en")("wait_before", { n: 2 })).toBe("2 people before you");
    expect(voiceOf("zh-CN")("wait_before_range", { min: 2, max: 3 }).replaceAll("\u2060", "")).toBe("前面还有 2–3 位");
  });

  it("knows which language a tag asks for", () => {
    expect([localeOf("zh-Hans-CN"), localeOf(""), localeOf(null), localeOf("en-US"), localeOf("fr")]).toEqual([
      "zh-CN", "zh-CN", "zh-CN", "en", "en",
    ]);
  });
});
