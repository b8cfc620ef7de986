import { paramsOf } from "@hutong/ui";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { catalogues } from "./catalogues";

/** What is there before any admin page is. */
const first = new Set(Object.keys(catalogues.en));
const { adminTexts } = await import("./admin-catalogue");
await import("./callbacks-catalogue");
const { en, "zh-CN": zh } = catalogues;

describe("the catalogues", () => {
  it("have the same keys in both languages, none of them empty", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of [...Object.entries(en), ...Object.entries(zh)]) expect(text.trim(), key).not.toBe("");
  });

  it("use the same parameters in both languages", () => {
    for (const [key, text] of Object.entries(en)) expect(paramsOf(zh[key as keyof typeof zh] ?? ""), key).toEqual(paramsOf(text));
  });

  it("are written in their own language", () => {
    const foreign = new Set(["language.other"]);
    for (const [key, text] of Object.entries(en)) if (!foreign.has(key)) expect(text, key).not.toMatch(/\p{Script=Han}/u);
  });
});

const source = join(import.meta.dirname, "..");
const views = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".tsx"));
const SPOKEN = new Set(["label", "title", "placeholder", "aria-label", "hint", "alt", "text"]);

/** Words that stand in a view instead of the catalogue. */
function hardCoded(file: string): string[] {
  const text = readFileSync(join(source, file), "utf8");
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const walk = (node: ts.Node) => {
    if (ts.isJsxText(node) && /\p{L}{2,}/u.test(node.text.replace(/hk_|_…/gu, ""))) found.push(node.text.trim());
    const isSpoken = ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText());
    if (isSpoken && node.initializer && ts.isStringLiteral(node.initializer) && /\p{L}{2,}/u.test(node.initializer.text)) {
      found.push(node.initializer.text);
    }
    if (ts.isStringLiteralLike(node) && /\p{Script=Han}/u.test(node.text)) found.push(node.text);
    ts.forEachChild(node, walk);
  };
  walk(tree);
  return found.filter((each) => !["Esc", "Enter"].includes(each));
}

describe("the views", () => {
  it("take every word from the catalogue", () => {
    expect(views.length).toBeGreaterThan(30);
    expect(views.flatMap((file) => hardCoded(file).map((words) => `${file}: ${words}`))).toEqual([]);
  });

  it("ask for texts of the admin pages on admin pages only", () => {
    const late = Object.keys(adminTexts.en);
    expect(late.filter((key) => first.has(key))).toEqual([]);
    const sources = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/u.test(file) && !/features\/admin|^texts|\.test\./u.test(file));
    const asked = sources.flatMap((file) => {
      const text = readFileSync(join(source, file), "utf8");
      return [...text.matchAll(/["`]([a-z_]+\.[\w.-]*)(\$\{|["`])/gu)].map(([, key = "", end]) => ({ file, key, whole: end !== "${" }));
    });
    const isFirst = ({ key, whole }: { key: string; whole: boolean }) => (whole ? first.has(key) : [...first].some((each) => each.startsWith(key)));
    const isLate = ({ key, whole }: { key: string; whole: boolean }) => late.some((each) => (whole ? each === key : each.startsWith(key)));
    expect(asked.filter((one) => isLate(one) && !isFirst(one))).toEqual([]);
  });
});
