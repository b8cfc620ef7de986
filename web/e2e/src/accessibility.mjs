/** axe-core on a page or a frame: what it calls a violation of WCAG 2.2 AA fails the test. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** Checks a page, or a frame of it. The page's own policy forbids foreign scripts, so axe comes in by the debugger. */
export async function isAccessible(where, what) {
  // What fades in has not its own colours yet.
  await where.evaluate(async () => {
    const ends = document.getAnimations().filter((each) => each.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ends.map((each) => each.finished));
  });
  await where.evaluate(`if (!window.axe) { ${source} }`);
  const { violations } = await where.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
  const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id} (${help}): ${node.html.slice(0, 200)}`));
  assert.deepEqual(found, [], `${what} has accessibility problems`);
}
