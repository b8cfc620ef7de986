/** What the browser tests of the widget stand on: a mock API, a Chromium, and a judge of accessibility. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { startMock } from "../../mock-api/server.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const BROWSERS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** Small targets are an error from this size on: the widget promises more than the standard asks. */
const TOUCH = 44;

/** Opens the stage; `close` ends all of it. */
export async function openStage() {
  const executablePath = BROWSERS.find((path) => path && existsSync(path));
  assert.ok(executablePath, "no Chromium found; name one by the variable CHROMIUM");
  const mock = await startMock();
  const browser = await chromium.launch({ executablePath, args: QUIET });
  const act = async (action) => (await fetch(`${mock.base}/mock`, { method: "POST", body: JSON.stringify(action) })).json();
  let context = null;
  return {
    base: mock.base,
    act,
    /** A fresh person at a fresh desk, whose browser complains of nothing. */
    visit: async ({ path, set, prepare, ...dress }) => {
      // Who came before is gone.
      await context?.close();
      await act({ forget: true, set: { closedHours: false, askName: "no", requestTypes: false, mute: false, down: false, refuse: null, byMail: false, mailRefusal: null, call: null, callTrouble: null, callRefusal: null, callsBack: false, verify: false, ...set } });
      context = await browser.newContext({ reducedMotion: "reduce", locale: "zh-CN", ...dress });
      const page = await context.newPage();
      page.complaints = [];
      page.on("pageerror", (error) => page.complaints.push(error.message));
      page.on("console", (line) => {
        if (/content security policy/i.test(line.text())) page.complaints.push(line.text());
      });
      await prepare?.(page);
      await page.goto(mock.base + path);
      return page;
    },
    close: async () => {
      await browser.close();
      await mock.close();
    },
  };
}

/** Nothing that axe or the widget's own promises object to. */
export async function fit(page, state) {
  await page.evaluate(AXE);
  const found = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES);
  const problems = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  const small = await page.evaluate((touch) => {
    const shown = [...document.querySelectorAll("button, input:not([type=file]):not([type=radio]), textarea, select, label.grade, label.when-choice")].filter((one) => one.checkVisibility());
    return shown.filter((one) => Math.min(one.offsetHeight, one.offsetWidth) < touch).map((one) => one.className || one.tagName);
  }, TOUCH);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.deepEqual({ state, problems, small, wide, complaints: page.complaints }, { state, problems: [], small: [], wide: false, complaints: [] });
}
