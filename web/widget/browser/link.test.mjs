/** The page behind a callback's link, in every state and dress; and what it does to the call. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fit, openStage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const PATH = "/callback#token";
const HOUR = 3_600_000;
const title = (page) => page.locator(".stand h1").textContent();
const shows = (page, words) => page.waitForFunction((wanted) => document.querySelector(".stand")?.textContent.includes(wanted), words);
const calls = async () => (await stage.act({})).calls;

const dresses = [
  { name: "phone", viewport: { width: 360, height: 740 } },
  { name: "phone, English, dark", locale: "en-GB", viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  { name: "desktop, English", locale: "en-GB", viewport: { width: 1280, height: 800 } },
  { name: "desktop, dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
];

const wanted = { state: "wanted", number: "+86*******8000" };
const inTwoHours = Date.now() + 2 * HOUR;
/** What the gateway may tell, and the words that must stand there. */
const STATES = [
  ["waiting", { callback: wanted }, "前面还有", "before you"],
  ["waiting alone", { callback: wanted, position: { before_min: 0, before_max: 0, agents: 0 } }, "暂时没有坐席在线", "Nobody is at the desk"],
  ["about to be called", { state: "active", callback: wanted, position: null }, "马上给您回电", "about to call"],
  ["planned", { state: "scheduled", position: null, callback: { ...wanted, from: inTwoHours, until: inTwoHours + HOUR } }, "给您回电", "We call you"],
  ["when the desk opens", { state: "scheduled", position: null, callback: wanted }, "上班后", "when the desk opens"],
  ["dialing", { can_change: false, callback: { ...wanted, state: "calling", stage: "dialing" } }, "正在为您接通", "calling you now"],
  ["ringing", { can_change: false, callback: { ...wanted, state: "calling", stage: "contact_ringing" } }, "正在响", "is ringing"],
  ["connected", { can_change: false, callback: { ...wanted, state: "calling", stage: "connected" } }, "通话中", "on the call"],
  ["held", { can_change: false, callback: { ...wanted, state: "calling", stage: "held" } }, "已保持", "on hold"],
  ["not reached", { state: "snoozed", position: null, callback: { ...wanted, outcome: "no_answer", next_at: inTwoHours } }, "刚才没有接通", "did not reach you"],
  ["given up", { state: "closed", can_change: false, callback: { ...wanted, state: "over", outcome: "no_answer" } }, "没有联系上您", "could not reach you"],
  ["a wrong number", { state: "closed", can_change: false, callback: { ...wanted, state: "over", outcome: "bad_number" } }, "打不通", "cannot be reached"],
  ["over", { state: "closed", can_change: false, callback: { ...wanted, state: "over", outcome: "completed" } }, "通话已结束", "is over"],
  ["cancelled", { state: "closed", can_change: false, callback: { ...wanted, state: "over", outcome: "cancelled" } }, "回电已取消", "is cancelled"],
  ["none", { state: "closed", can_change: false, callback: null }, "没有预约回电", "No call is planned"],
];

for (const { name, locale = "zh-CN", ...context } of dresses) {
  test(`every state of a call: ${name}`, async () => {
    const isEnglish = locale.startsWith("en");
    const page = await stage.visit({ path: PATH, locale, ...context, set: { call: { locale: isEnglish ? "en" : "zh-CN" } } });
    for (const [state, call, zh, en] of STATES) {
      await stage.act({ set: { call: { locale: isEnglish ? "en" : "zh-CN", ...call } } });
      await page.reload();
      await shows(page, isEnglish ? en : zh);
      assert.equal(await page.locator(".choices").isVisible(), call.can_change !== false, state);
      if (call.callback) assert.match(await page.locator(".stand-number").textContent(), /8000/u);
      await fit(page, state);
    }
  });

  test(`every question of the page: ${name}`, async () => {
    const isEnglish = locale.startsWith("en");
    const page = await stage.visit({ path: PATH, locale, ...context, set: { verify: true, call: { locale: isEnglish ? "en" : "zh-CN" } } });
    for (const n of [0, 1, 2]) {
      await page.locator(".choice").nth(n).click();
      await page.waitForSelector(".change");
      await fit(page, `question ${n}`);
      await page.keyboard.press("Escape");
    }
    await page.locator(".never button").click();
    await fit(page, "never again");
    await page.locator(".button-plain").click();
    await page.locator(".choice").nth(1).click();
    await page.fill("#call-field", "110");
    await page.click(".change [type=submit]");
    await page.waitForSelector("#call-field-problem");
    await fit(page, "a number that nobody calls");
    await page.fill("#call-field", "139 0013 9000");
    await page.click(".change [type=submit]");
    await page.waitForSelector("#code-field");
    await fit(page, "the code");
    await page.fill("#code-field", "111111");
    await page.click(".change [type=submit]");
    await page.waitForSelector("#code-field-problem");
    await fit(page, "a wrong code");
  });

  test(`links that do not work, and lines that are away: ${name}`, async () => {
    const page = await stage.visit({ path: "/callback", locale, ...context });
    await page.waitForSelector(".stand-trouble");
    await fit(page, "no token");
    for (const [trouble, retry] of [[{ status: 404, code: "not_found" }, 0], [{ status: 410, code: "gone" }, 0], [{ status: 429, code: "rate_limited" }, 1], [{ status: 503, code: "unavailable" }, 1]]) {
      await stage.act({ set: { callTrouble: trouble } });
      await page.goto(`${stage.base}${PATH}`);
      await page.reload();
      await page.waitForSelector(".stand-trouble");
      assert.equal(await page.locator(".stand-trouble button").count(), retry, trouble.code);
      await fit(page, trouble.code);
    }
    await stage.act({ set: { callTrouble: null } });
    await page.click(".stand-trouble button");
    await page.waitForSelector(".choices");
  });
}

test("the call is moved to tomorrow in the desk's zone, whatever the person's", async () => {
  const page = await stage.visit({ path: PATH, timezoneId: "America/New_York", set: { call: { locale: "en" } } });
  await page.getByRole("button", { name: "Another time" }).click();
  assert.match(await page.locator(".change").textContent(), /China Standard Time/u);
  await page.getByLabel("Day").selectOption({ label: "tomorrow" });
  await page.getByLabel("From").selectOption("10:00");
  await page.getByLabel("To", { exact: true }).selectOption("13:00");
  await page.click(".change [type=submit]");
  await shows(page, "tomorrow 10:00");
  assert.match((await page.locator(".stand").textContent()).replaceAll("\u2060", ""), /tomorrow 10:00–13:00.*China Standard Time/u);
  const [{ from, until }] = (await calls()).bodies;
  const inShanghai = (at) => new Date(at + 8 * HOUR).toISOString().slice(11, 16);
  assert.deepEqual([inShanghai(from), inShanghai(until)], ["10:00", "13:00"]);
  // Another number keeps that time.
  await page.getByRole("button", { name: "Another number" }).click();
  await page.getByLabel("Telephone number").fill("13900139000");
  await page.click(".change [type=submit]");
  await shows(page, "9000");
  assert.deepEqual((await calls()).bodies[1], { number: "13900139000", from, until });
  // As soon as possible is a time too.
  await page.getByRole("button", { name: "Another time" }).click();
  await page.getByLabel(/As soon as possible/u).check();
  await page.click(".change [type=submit]");
  await shows(page, "when it is your turn");
  assert.deepEqual((await calls()).bodies[2], {});
});

test("a new number gets a code, which can be sent again after a while", async () => {
  const page = await stage.visit({ path: PATH, set: { verify: true, call: { locale: "en" } }, prepare: (fresh) => fresh.clock.install() });
  await page.getByRole("button", { name: "Another number" }).click();
  await page.getByLabel("Telephone number").fill("13900139000");
  await page.click(".change [type=submit]");
  const code = page.getByLabel("Six-digit code");
  assert.deepEqual(await code.evaluate((field) => [field.autocomplete, field.inputMode]), ["one-time-code", "numeric"]);
  assert.equal(await page.evaluate(() => document.activeElement.id), "code-field");
  await page.click(".change [type=submit]");
  await page.getByText("Please enter six digits").waitFor();
  const again = page.locator(".code-links button").first();
  assert.equal(await again.isDisabled(), true);
  await page.clock.runFor(60_000);
  await again.click();
  await page.getByText("Sent again").waitFor();
  await code.fill("your code: 24 68 10");
  assert.equal(await code.inputValue(), "246810");
  await page.click(".change [type=submit]");
  await shows(page, "9000");
  assert.deepEqual((await calls()).bodies.map((body) => body.code), [undefined, undefined, "246810"]);
});

test("the call is cancelled after a second question", async () => {
  const page = await stage.visit({ path: PATH, set: { call: { locale: "en" } } });
  await page.getByRole("button", { name: "Cancel the call" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  assert.equal((await calls()).bodies.length, 0);
  await page.getByRole("button", { name: "Cancel the call" }).click();
  await stage.act({ set: { callRefusal: { status: 409, code: "wrong_state" } } });
  await page.locator(".button-danger").click();
  await page.getByRole("alert").getByText("cannot be changed now").waitFor();
  await stage.act({ set: { callRefusal: null } });
  await page.locator(".button-danger").click();
  await shows(page, "The call is cancelled");
  assert.equal(await page.locator(".choices").count(), 0);
});

test("a number is never called again after a second question that says what it means", async () => {
  const page = await stage.visit({ path: PATH, set: { call: { locale: "en" } } });
  await page.getByRole("button", { name: "Never call this number again" }).click();
  await page.getByText("nobody here calls it any more").waitFor();
  await page.locator(".button-danger").click();
  await shows(page, "We shall not call this number again");
  assert.equal(await page.locator(".choices, .never").count(), 0);
});

test("it looks again by itself while it is seen, and keeps what it knew when the line is away", async () => {
  const page = await stage.visit({ path: PATH, set: { call: { locale: "en" } }, prepare: (fresh) => fresh.clock.install() });
  await page.waitForSelector(".choices");
  assert.equal((await calls()).looks, 1);
  await stage.act({ set: { call: { locale: "en", can_change: false, callback: { ...wanted, state: "calling", stage: "contact_ringing" } } } });
  await page.clock.runFor(15_000);
  await shows(page, "is ringing");
  await page.context().setOffline(true);
  await page.clock.runFor(15_000);
  await page.waitForSelector(".link-age-old");
  assert.equal(await title(page), "Your telephone is ringing");
  await fit(page, "offline");
  await stage.act({ set: { call: { locale: "en", can_change: false, state: "closed", callback: { ...wanted, state: "over", outcome: "completed" } } } });
  await page.context().setOffline(false);
  await shows(page, "The call is over");
});

test("the language can be changed, and stays", async () => {
  const page = await stage.visit({ path: PATH });
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("button", { name: "Another time" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  await page.reload();
  await page.getByRole("button", { name: "Another time" }).waitFor();
});
