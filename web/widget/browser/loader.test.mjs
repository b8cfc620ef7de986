/** The loader on a website: one tag, no shift, no leak, and a panel that answers to its page only. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fit, openStage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const launcher = (page) => page.locator("hutong-chat button");
const panelOf = async (page) => {
  await page.waitForFunction(() => document.querySelector("hutong-chat").shadowRoot.querySelector("iframe") !== null);
  const frame = await (await page.locator("hutong-chat iframe").elementHandle()).contentFrame();
  await frame.waitForSelector("#panel > *");
  return frame;
};

test("nothing is loaded, moved or stored until it is wanted", async () => {
  const page = await stage.visit({ path: "/demo/index.html", viewport: { width: 1280, height: 800 } });
  await launcher(page).waitFor();
  const shift = await page.evaluate(() => new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value))).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
  }));
  assert.equal(shift, 0);
  assert.equal(page.frames().length, 1);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.deepEqual(page.complaints, []);
});

test("it opens, takes the focus, closes by Escape and gives the focus back", async () => {
  const page = await stage.visit({ path: "/demo/en.html", viewport: { width: 1280, height: 800 } });
  await launcher(page).click();
  const panel = await panelOf(page);
  await panel.waitForSelector(".topic");
  assert.equal(await launcher(page).getAttribute("aria-expanded"), "true");
  await panel.press(".home-greeting", "Escape");
  await page.waitForFunction(() => document.querySelector("hutong-chat").shadowRoot.activeElement?.tagName === "BUTTON");
  assert.equal(await launcher(page).getAttribute("aria-expanded"), "false");
});

test("an answer shows as unread on the closed launcher and on the next page", async () => {
  const page = await stage.visit({ path: "/demo/index.html", viewport: { width: 360, height: 740 } });
  await launcher(page).click();
  const panel = await panelOf(page);
  await panel.click(".topic >> nth=0");
  await panel.fill(".composer textarea", "你好");
  await panel.press(".composer textarea", "Enter");
  await panel.waitForSelector(".standing");
  await page.evaluate(() => window.Hutong.close());
  await stage.act({ do: "join" });
  await stage.act({ do: "reply", with: ["您好"] });
  const unread = () => page.waitForFunction(() => document.querySelector("hutong-chat")?.shadowRoot.querySelector(".n").textContent === "1");
  await unread();
  await page.goto(`${stage.base}/demo/en.html`);
  await unread();
  await page.evaluate(() => window.Hutong.open());
  await page.waitForFunction(() => document.querySelector("hutong-chat").shadowRoot.querySelector(".n").textContent === "");
});

test("on a phone it can be closed and tried again while the gateway is away", async () => {
  const page = await stage.visit({ path: "/demo/index.html", viewport: { width: 360, height: 740 } });
  await page.route("**/widget/frame.html*", (route) => route.abort());
  await launcher(page).click();
  await page.waitForFunction(() => document.querySelector("hutong-chat").shadowRoot.querySelector("iframe") !== null);
  await launcher(page).click();
  assert.equal(await launcher(page).getAttribute("aria-expanded"), "false");
  await page.unroute("**/widget/frame.html*");
  await launcher(page).click();
  await page.frameLocator("hutong-chat iframe").locator(".topic").first().waitFor();
  await launcher(page).waitFor({ state: "hidden" });
});

test("a message that does not come from its panel moves nothing", async () => {
  const page = await stage.visit({ path: "/demo/index.html", viewport: { width: 1280, height: 800 } });
  await launcher(page).click();
  await panelOf(page);
  await page.evaluate(() => window.postMessage({ hutong: 1, type: "close" }, "*"));
  await page.evaluate(() => window.postMessage({ hutong: 1, type: "unread", count: 9 }, "*"));
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal(await launcher(page).getAttribute("aria-expanded"), "true");
  assert.equal(await page.locator("hutong-chat .n").textContent(), "");
});

for (const path of ["index.html", "en.html", "agency.html", "staff.html", "privacy.html"]) {
  test(`the sample page ${path} is fit for all`, async () => {
    for (const colorScheme of ["light", "dark"]) {
      const page = await stage.visit({ path: `/demo/${path}`, viewport: { width: 360, height: 740 }, colorScheme });
      await fit(page, path);
    }
  });
}
