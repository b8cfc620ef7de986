/** Somebody asked to be called, without a chat: their link shows the call, moves it, cancels it, and ends all calls. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAccessible } from "../src/accessibility.mjs";
import { expect } from "../src/browser.mjs";
import { House } from "../src/house.mjs";
import { Agent, chromium } from "../src/people.mjs";
import { PhoneBridge } from "../src/phone-bridge.mjs";
import { picture } from "../src/pictures.mjs";

const HOUR = 3_600_000;

let house, browser, bridge;
before(async () => {
  bridge = await PhoneBridge.start();
  house = await House.start(1, { channels: [bridge.channel("tax")], website: { phone: { channel: "hotline" } }, phones: { ming: "1001" } });
  browser = await chromium.launch();
}, { timeout: 90_000 });
after(async () => {
  await browser?.close();
  await house?.close();
  await bridge?.close();
});

/** What a website asks in somebody's name. */
async function asks(body) {
  const answer = await fetch(`${house.origin}/v1/phone/hotline/requests`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

/** Asks for a call with the code that the number got; gives the link. */
async function isToBeCalled(number, locale) {
  const wish = { client_id: `site-${number.slice(1)}-${Date.now()}`, number, text: "退税进度", locale };
  const first = await asks(wish);
  assert.deepEqual([first.status, first.body.code], [403, "code_needed"], JSON.stringify(first.body));
  const { status, body } = await asks({ ...wish, code: await bridge.code(number) });
  assert.equal(status, 201, JSON.stringify(body));
  assert.ok(body.link.startsWith(`${house.origin}/callback#`), body.link);
  return body.link;
}

async function opens(link, more) {
  const context = await browser.newContext(more);
  const page = await context.newPage();
  page.asked = [];
  page.on("request", (request) => page.asked.push(request.url()));
  await page.goto(link);
  return page;
}

const look = async (link) => (await fetch(`${house.origin}/v1/phone/requests/${encodeURIComponent(link.split("#")[1])}`)).json();
const shows = (page, words) => expect(`the page shows "${words}"`, async () => (await page.locator(".stand").innerText()).replaceAll("\u2060", "").includes(words));

for (const [locale, more] of [["en", { viewport: { width: 1280, height: 800 } }], ["zh-CN", { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }]]) {
  test(`the link shows the call in the language of whoever asked: ${locale}`, { timeout: 60_000 }, async () => {
    const link = await isToBeCalled(locale === "en" ? "+8613800138001" : "+8613800138002", locale);
    const page = await opens(link, { locale: "de", ...more });
    await shows(page, locale === "en" ? "We call you when it is your turn" : "轮到您时，我们会给您回电");
    await shows(page, locale === "en" ? "*8001" : "*8002");
    await isAccessible(page, "the page of a call");
    await picture(page, `callback-link-${locale}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, "nothing is too wide");
    const token = link.split("#")[1];
    assert.ok(page.asked.every((url) => !url.includes(token) || url.includes(`/v1/phone/requests/`)), "the token goes to the API alone");
    await page.context().close();
  });
}

test("the call is moved to tomorrow, goes to another number that is proved, and is cancelled", { timeout: 90_000 }, async () => {
  const link = await isToBeCalled("+8613800138003", "en");
  const { zone } = await look(link);
  const page = await opens(link, { locale: "en", timezoneId: "America/New_York" });
  await page.getByRole("button", { name: "Another time" }).click();
  await page.getByLabel("Day").selectOption({ label: "tomorrow" });
  await page.getByLabel("From").selectOption("10:00");
  await page.getByLabel("To", { exact: true }).selectOption("13:00");
  await picture(page, "callback-link-time");
  await page.locator(".change [type=submit]").click();
  await shows(page, "We call you tomorrow");
  const moved = await look(link);
  assert.equal(moved.state, "scheduled");
  const hourIn = (at) => new Intl.DateTimeFormat("en", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
  assert.deepEqual([hourIn(moved.callback.until), moved.callback.until - moved.callback.from <= 3 * HOUR], ["13:00", true]);

  await page.getByRole("button", { name: "Another number" }).click();
  await page.getByLabel("Telephone number").fill("110");
  await page.locator(".change [type=submit]").click();
  await expect("the number is refused", () => page.getByRole("alert").getByText("We cannot call this number").isVisible());
  await page.getByLabel("Telephone number").fill("138 0013 8004");
  await page.locator(".change [type=submit]").click();
  const code = await bridge.code("+8613800138004");
  await page.getByLabel("Six-digit code").fill(code === "000000" ? "000001" : "000000");
  await page.locator(".change [type=submit]").click();
  await expect("the code is refused", () => page.getByRole("alert").getByText("The code is wrong").isVisible());
  await page.getByLabel("Six-digit code").fill(code);
  await page.locator(".change [type=submit]").click();
  await shows(page, "*8004");
  assert.deepEqual([(await look(link)).callback.from, (await look(link)).callback.until], [moved.callback.from, moved.callback.until], "the time stays");

  await page.getByRole("button", { name: "Cancel the call" }).click();
  await page.locator(".button-danger").click();
  await shows(page, "The call is cancelled");
  assert.equal((await look(link)).callback.state, "over");
  assert.equal(await page.locator(".choices").count(), 0);
  await page.context().close();
});

test("a number is never called again, until a supervisor takes it off the list", { timeout: 90_000 }, async () => {
  const number = "+8613800138005";
  const link = await isToBeCalled(number, "zh-CN");
  const page = await opens(link, { locale: "zh-CN" });
  await page.getByRole("button", { name: "不要再拨打这个号码" }).click();
  await isAccessible(page, "the question before a number is never called again");
  await page.getByRole("button", { name: "不再拨打", exact: true }).click();
  await shows(page, "以后不再拨打这个号码");
  assert.equal((await look(link)).callback.state, "over");
  const again = await asks({ client_id: "once-more", number });
  assert.deepEqual([again.status, again.body.code, again.body.errors?.[0]?.path], [422, "invalid", "number"]);
  await page.context().close();

  const root = await Agent.signsIn(browser, house.origin, "root", house.passwords.root);
  await root.page.goto(`${house.origin}/desk/admin/refused_numbers`);
  const row = root.page.getByTestId("refused-number").filter({ hasText: "*8005" });
  await expect("the number stands on the list", () => row.isVisible());
  assert.match(await row.innerText(), /本人/u);
  await isAccessible(root.page, "the list of numbers that nobody calls");
  root.page.on("dialog", (dialog) => void dialog.accept());
  await row.getByRole("button").click();
  await expect("it is taken off", async () => (await row.count()) === 0);
  assert.equal((await asks({ client_id: "yet-again", number })).body.code, "code_needed");
  await root.page.getByTestId("refused-add-number").fill("138 0013 8006");
  await root.page.getByTestId("refused-add").click();
  await expect("another is put there", () => root.page.getByTestId("refused-number").filter({ hasText: "*8006" }).isVisible());
  await root.page.context().close();
});

test("an agent notes that somebody wants no more calls", { timeout: 90_000 }, async () => {
  // Those who asked before would come first.
  await house.closesAll();
  const ming = await Agent.signsIn(browser, house.origin, "ming", house.passwords.ming);
  await ming.isReady();
  await isToBeCalled("+8613800138007", "zh-CN");
  await ming.accepts("退税进度");
  const bar = ming.page.getByTestId("call-bar");
  await expect("the call is ordered", () => bridge.heard.some((each) => each.type === "call.place" && each.contact === "+8613800138007"));
  await ming.page.getByTestId("call-refuse").click();
  await expect("it asks once more", () => bar.or(ming.page.locator(".call-bar")).getByText("以后都不拨打").isVisible());
  await isAccessible(ming.page, "the question before a number goes on the list");
  await picture(ming.page, "callback-refuse");
  await ming.page.getByLabel("原因（可不填）").fill("要求书面联系");
  await ming.page.getByTestId("call-refuse-sure").click();
  await expect("it is said", () => ming.page.getByText("以后不再拨打 +86*******8007").isVisible());
  const listed = await house.get("/v1/phone/refused-numbers");
  assert.deepEqual(listed.filter(({ number }) => number.endsWith("8007")).map(({ by, note }) => [by, note]), [["agent", "要求书面联系"]]);
  await ming.page.context().close();
});

test("a link that is none says so, and the page may not be framed", { timeout: 30_000 }, async () => {
  const page = await opens(`${house.origin}/callback#nonsense`, { locale: "en" });
  await shows(page, "This link does not work");
  const policy = (await fetch(`${house.origin}/callback`)).headers.get("content-security-policy") ?? "";
  assert.match(policy, /frame-ancestors 'none'/u);
  assert.doesNotMatch(policy, /unsafe/u);
  await page.context().close();
});
