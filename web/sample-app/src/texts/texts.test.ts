import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { paramsOf } from "@hutong/ui/texts";
import { describe, expect, it } from "vitest";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

const SRC = join(import.meta.dirname, "..");
const names = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/u.test(name) && !name.startsWith("texts"));
const source = [...names.map((name) => join(SRC, name)), join(SRC, "../../sdk/src/wait.ts")].map((file) => readFileSync(file, "utf8")).join("\n");

describe("the catalogues", () => {
  it("have the same keys and parameters, each in its own language", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
    for (const [key, text] of Object.entries(zh)) {
      expect(paramsOf(en[key as keyof typeof zh]), key).toEqual(paramsOf(text));
      expect(en[key as keyof typeof zh], key).not.toMatch(/\p{Script=Han}/u);
    }
  });
  it("hold no text that nothing says", () => {
    const made = /^(?:grade|kind|notice|mark|file|language)_/u;
    expect(Object.keys(zh).filter((key) => !made.test(key) && !source.includes(`"${key}"`))).toEqual([]);
  });
});
