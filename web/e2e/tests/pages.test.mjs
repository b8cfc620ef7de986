/** The pages themselves: accessible in their states, in both languages, on a phone, by keyboard; and safe. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAccessible } from "../src/accessibility.mjs";
import { expect } from "../src/browser.mjs";
import { House } from "../src/house.mjs";
import { Agent, Visitor, chromium } from "../src/people.mjs";

let house, browser;
before(async () => {
  house = await House.start(1);
  browser = await chromium.launch();
}, { timeout: 60_000 });
after(async () => {
  await browser?.close();
  await house?.close();
});

const signsIn = (name, more) => Agent.signsIn(browser, house.origin, name, house.passwords[name], more);
const panelOf = (visitor) => visitor.page.frames().find((frame) => frame.url().includes("frame.html"));
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

for (const locale of ["zh-CN", "en"]) {
  for (const [size, more] of [["a desktop", {}], ["a phone", phone]]) {
    test(`the widget is accessible from the first screen to the rating, in ${locale} on ${size}`, { timeout: 90_000 }, async () => {
      const agent = await signsIn("ming", { locale });
      await agent.isReady();
      const visitor = await Visitor.comes(browser, house.origin, { locale, ...more });
      await expect("the topics", () => visitor.panel.locator("button.topic").first().isVisible());
      await isAccessible(panelOf(visitor), "the first screen");
      await visitor.choosesTopic(locale === "en" ? "Tax" : "税务");
      await isAccessible(panelOf(visitor), "the screen before the first word");
      await visitor.says("hello 你好");
      await isAccessible(panelOf(visitor), "the waiting screen");
      await agent.accepts("hello 你好");
      await agent.says("在的 here");
      await visitor.sees("在的 here");
      await isAccessible(panelOf(visitor), "the conversation");
      await isAccessible(agent.page, "the desk with a conversation");
      const overflow = await panelOf(visitor).evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `the panel is ${overflow} px too wide`);
      await agent.closes();
      await visitor.isOver();
      await isAccessible(panelOf(visitor), "the rating");
      await visitor.rates("ok");
      await visitor.leaves();
      await agent.leaves();
    });
  }
}

for (const locale of ["zh-CN", "en"]) {
  test(`the desk's pages are accessible in ${locale}`, { timeout: 90_000 }, async () => {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    await page.goto(`${house.origin}/desk/`);
    await expect("the sign-in form", () => page.getByTestId("sign-in").isVisible());
    await isAccessible(page, "the sign-in page");
    await context.close();
    const admin = await signsIn("root", { locale });
    await isAccessible(admin.page, "the empty desk");
    await admin.page.getByTestId("go-live").click();
    await expect("the live view", () => admin.page.getByTestId("live").isVisible());
    await isAccessible(admin.page, "the live view");
    await admin.page.getByTestId("go-admin").click();
    await expect("the admin pages", () => admin.page.getByTestId("admin").isVisible());
    await isAccessible(admin.page, "the admin pages");
    await admin.leaves();
  });
}

test("what a visitor writes is text at the desk, whatever it looks like", { timeout: 60_000 }, async () => {
  const agent = await signsIn("ming");
  await agent.isReady();
  const visitor = await Visitor.comes(browser, house.origin);
  const nasty = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> javascript:alert(1)`;
  await visitor.asks("税务", nasty);
  await agent.accepts(nasty);
  await agent.says(nasty);
  await visitor.sees(nasty);
  assert.equal(await agent.page.evaluate(() => window.pwned), undefined);
  assert.equal(await panelOf(visitor).evaluate(() => window.pwned), undefined);
  await agent.closes();
  await visitor.leaves();
  await agent.leaves();
});

test("the widget works by keyboard alone", { timeout: 60_000 }, async () => {
  const context = await browser.newContext({ locale: "zh-CN" });
  const page = await context.newPage();
  await page.goto(`${house.origin}/demo/index.html`);
  await page.locator("hutong-chat button").focus();
  await page.keyboard.press("Enter");
  const panel = page.frameLocator("hutong-chat iframe");
  await expect("the topics", () => panel.locator("button.topic").first().isVisible());
  await panel.locator("button.topic").first().focus();
  await page.keyboard.press("Enter");
  await expect("the cursor is in the text", () => panel.locator("textarea:focus").isVisible());
  await page.keyboard.type("只用键盘");
  await page.keyboard.press("Enter");
  await expect("it is said", () => panel.locator("ol.rows").getByText("只用键盘").isVisible());
  await page.keyboard.press("Escape");
  await expect("it is closed", async () => !(await page.locator("hutong-chat iframe").isVisible()));
  await context.close();
});

test("pages say nothing to the outside and forbid being framed where they must not be", async () => {
  const desk = await fetch(`${house.origin}/desk/`);
  const policy = desk.headers.get("content-security-policy") ?? "";
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe-eval/);
  assert.doesNotMatch(policy, /script-src[^;]*unsafe-inline/);
  const strangers = [];
  const context = await browser.newContext({ locale: "zh-CN" });
  const page = await context.newPage();
  page.on("request", (request) => {
    if (!request.url().startsWith(house.origin) && !request.url().startsWith("data:") && !request.url().startsWith("blob:")) strangers.push(request.url());
  });
  await page.goto(`${house.origin}/desk/`);
  await page.goto(`${house.origin}/demo/index.html`);
  await page.locator("hutong-chat button").click();
  await expect("the panel", () => page.frameLocator("hutong-chat iframe").locator("button.topic").first().isVisible());
  assert.deepEqual(strangers, []);
  await context.close();
});
