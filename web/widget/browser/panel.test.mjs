/** The panel in a real browser: every state on the road, in every dress, with nothing that axe objects to. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fit, openStage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const frame = (locale) => `/widget/frame.html?channel=website&locale=${locale}`;
const write = async (page, text) => {
  await page.fill(".composer textarea", text);
  await page.press(".composer textarea", "Enter");
};
const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

const dresses = [
  { name: "phone", locale: "zh-CN", viewport: { width: 360, height: 740 } },
  { name: "phone, dark", locale: "zh-CN", viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  { name: "phone, elder mode", locale: "zh-CN", viewport: { width: 360, height: 740 }, elder: true },
  { name: "beside a page, English", locale: "en", viewport: { width: 400, height: 680 } },
  { name: "beside a page, English, dark, elder mode", locale: "en", viewport: { width: 400, height: 680 }, colorScheme: "dark", elder: true },
];

for (const { name, locale, elder, ...context } of dresses) {
  test(`the whole road: ${name}`, async () => {
    const page = await stage.visit({ path: frame(locale), ...context });
    await page.waitForSelector(".topic");
    if (elder) await page.click(".elder-switch");
    await fit(page, "home");
    await page.click(".topic >> nth=0");
    await page.waitForSelector(".start");
    await fit(page, "start");
    await write(page, "退税到哪一步了？ https://tax.example.cn/ <b>");
    await page.waitForSelector(".standing");
    await fit(page, "queued");
    await stage.act({ do: "join" });
    await stage.act({ do: "reply", with: ["<img src=x onerror=alert(1)> 您好"] });
    await page.waitForSelector(".bubble-theirs");
    assert.equal(await page.locator(".rows img").count(), 0);
    await page.setInputFiles("input[type=file]", { name: "a.png", mimeType: "image/png", buffer: PICTURE });
    await page.waitForSelector(".tray-file:not(:has(progress))");
    await fit(page, "file attached");
    await page.click(".send");
    await page.waitForSelector(".picture img");
    await stage.act({ do: "typing" });
    await page.waitForSelector(".typing");
    await fit(page, "served");
    await page.click(".picture");
    await page.waitForSelector(".large[open]");
    await fit(page, "picture enlarged");
    await page.keyboard.press("Escape");
    await page.click(".menu > button");
    await fit(page, "menu");
    await page.click(".menu-danger");
    await page.waitForSelector(".question");
    await fit(page, "asked before the end");
    await page.click(".button-danger");
    await page.waitForSelector(".rating");
    await fit(page, "ended");
    await page.click(".grade >> nth=1");
    await page.fill(".rating textarea", "很快");
    await fit(page, "grading");
    await page.click(".rating button[type=submit]");
    await page.waitForSelector(".rating-given");
    await fit(page, "rated");
  });
}

for (const { name, locale, elder, ...context } of dresses) {
  test(`transcript, and answers after leaving: ${name}`, async () => {
    const page = await stage.visit({ path: frame(locale), ...context });
    await stage.act({ set: { byMail: true } });
    await page.reload();
    await page.waitForSelector(".topic");
    if (elder) await page.click(".elder-switch");
    await page.click(".topic >> nth=0");
    await write(page, "退税到哪一步了？");
    await page.waitForSelector(".ask-line");
    await fit(page, "may leave an address");
    await page.click(".ask-line button");
    await page.fill("#mail-field", "wang@");
    await page.click(".ask-question button[type=submit]");
    await page.waitForSelector("#mail-field-problem");
    await fit(page, "no address");
    await page.fill("#mail-field", "wang@agency.example");
    await page.press("#mail-field", "Enter");
    await page.waitForSelector(".mail-sent");
    await fit(page, "address left");
    await page.click(".ask-question .button");
    await page.waitForFunction(() => document.querySelector(".ask-line")?.textContent.includes("w…@agency.example"));
    await fit(page, "answers go by mail");
    await stage.act({ do: "join" });
    await page.waitForSelector(".ask-line", { state: "detached" });
    await stage.act({ do: "reply", with: ["已经退回。"] });
    await stage.act({ do: "goesByMail" });
    await page.waitForSelector(".bubble-theirs");
    await page.click(".menu > button");
    await fit(page, "menu with mail");
    await page.click(".menu-list button >> nth=2");
    await page.waitForSelector(".ask-question");
    await stage.act({ set: { mailRefusal: "too_many_addresses" } });
    await page.fill("#mail-field", "li@agency.example");
    await page.press("#mail-field", "Enter");
    await page.waitForSelector("#mail-field-problem");
    await fit(page, "too many addresses");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".ask-question", { state: "detached" });
    await stage.act({ set: { mailRefusal: null }, do: "close" });
    await page.waitForSelector(".mail-offer");
    await fit(page, "transcript at the end");
    await page.click(".mail-offer");
    await page.fill("#mail-field", "wang@agency.example");
    await page.press("#mail-field", "Enter");
    await page.waitForSelector(".mail-sent");
    await fit(page, "transcript on its way");
  });
}

test("without a mailbox nothing of mail is shown", async () => {
  const page = await stage.visit({ path: frame("zh-CN") });
  await page.click(".topic >> nth=0");
  await write(page, "你好");
  await page.waitForSelector(".standing");
  await stage.act({ do: "join" });
  await stage.act({ do: "reply", with: ["您好"] });
  await page.waitForSelector(".bubble-theirs");
  await page.click(".menu > button");
  assert.equal(await page.locator(".menu-list button").count(), 2);
  await stage.act({ do: "close" });
  await page.waitForSelector(".rating");
  assert.equal(await page.locator(".ask-line, .mail-offer").count(), 0);
});

test("closed hours, and a form where the desk asks", async () => {
  const page = await stage.visit({ path: "/demo/privacy.html" });
  await stage.act({ set: { closedHours: true, askName: "required", requestTypes: true } });
  await page.goto(stage.base + frame("zh-CN"));
  await page.waitForSelector(".topic-note");
  await fit(page, "closed");
  await page.click(".topic >> nth=0");
  await write(page, "发票开错了");
  await page.waitForSelector(".field-problem");
  assert.equal(await page.evaluate(() => document.activeElement.id), "name");
  await fit(page, "name missing");
  await page.fill("#name", "王小明");
  await page.click(".chip >> nth=2");
  await page.click(".send");
  await page.waitForSelector(".standing");
  await fit(page, "left a message");
});

test("what is typed without a network is kept through a reload and sent once", async () => {
  const page = await stage.visit({ path: frame("zh-CN") });
  await page.click(".topic >> nth=0");
  await write(page, "第一句");
  await page.waitForSelector(".standing");
  await stage.act({ set: { mute: true } });
  await write(page, "第二句");
  await stage.act({ drop: true });
  await page.fill(".composer textarea", "还没说完");
  await page.reload();
  await page.waitForSelector(".row-pending");
  assert.equal(await page.inputValue(".composer textarea"), "还没说完");
  await stage.act({ set: { mute: false }, drop: true });
  await page.waitForSelector(".row-pending", { state: "detached" });
  const words = await page.locator(".bubble-mine").allTextContents();
  assert.deepEqual(words, ["第一句", "第二句"]);
});

test("a refused word can be sent again, and the line is quiet when the network is away", async () => {
  const page = await stage.visit({ path: frame("zh-CN") });
  await page.click(".topic >> nth=0");
  await stage.act({ set: { refuse: "text_refused" } });
  await write(page, "你好");
  await page.waitForSelector(".row-failed");
  await fit(page, "refused");
  await stage.act({ set: { refuse: null } });
  await page.click(".again button >> nth=0");
  await page.waitForSelector(".standing");
  await page.context().setOffline(true);
  await stage.act({ drop: true });
  await page.waitForSelector('.line-note[data-shown="true"]');
  await fit(page, "offline");
  await page.context().setOffline(false);
  await page.waitForSelector('.line-note[data-shown="true"]', { state: "detached" });
});

test("earlier messages come without losing the place", async () => {
  const page = await stage.visit({ path: frame("zh-CN") });
  await page.click(".topic >> nth=0");
  await write(page, "你好");
  await page.waitForSelector(".standing");
  await stage.act({ do: "past", with: [260] });
  await page.reload();
  await page.waitForSelector(".earlier button");
  await page.evaluate(() => document.querySelector(".scroll").scrollTo(0, 0));
  const first = page.locator(".bubble").first();
  const text = await first.textContent();
  await page.click(".earlier button");
  await page.waitForFunction((known) => document.querySelector(".bubble").textContent !== known, text);
  assert.ok(await page.locator(".bubble", { hasText: new RegExp(`^${text}$`) }).isVisible());
  await fit(page, "earlier messages");
});

test("without a gateway it says so, and comes by itself when there is one", async () => {
  const page = await stage.visit({ path: "/demo/privacy.html" });
  await stage.act({ set: { down: true } });
  await page.goto(stage.base + frame("en"));
  await page.waitForSelector(".failed");
  await fit(page, "failed");
  await stage.act({ set: { down: false } });
  await page.waitForSelector(".topic", { timeout: 10_000 });
});

for (const { name, locale, elder, ...context } of dresses) {
  test(`to be called instead of waiting: ${name}`, async () => {
    const page = await stage.visit({ path: frame(locale), ...context, set: { callsBack: true, verify: true } });
    await page.waitForSelector(".topic");
    if (elder) await page.click(".elder-switch");
    await page.click(".topic >> nth=0");
    await write(page, "退税到哪一步了？");
    await page.waitForSelector(".ask-line");
    await fit(page, "may be called");
    await page.locator(".ask-line button").first().click();
    await page.waitForSelector("#call-field");
    await fit(page, "number and time");
    await page.locator(".when-choice").nth(1).click();
    await page.locator(".when-chooser select").nth(0).selectOption({ index: 1 });
    await page.locator(".when-chooser select").nth(1).selectOption("10");
    await fit(page, "a time");
    await page.fill("#call-field", "110");
    await page.press("#call-field", "Enter");
    await page.waitForSelector("#call-field-problem");
    await fit(page, "not called");
    await page.fill("#call-field", "138 0013 8000");
    await page.press("#call-field", "Enter");
    await page.waitForSelector("#code-field");
    await fit(page, "the code");
    await page.fill("#code-field", "135791");
    await page.press("#code-field", "Enter");
    await page.waitForSelector("#code-field-problem");
    await fit(page, "a wrong code");
    await page.locator(".code-links button").nth(1).click();
    assert.equal(await page.inputValue("#call-field"), "138 0013 8000", "what was typed stays");
    await page.press("#call-field", "Enter");
    await page.fill("#code-field", "246810");
    await page.press("#code-field", "Enter");
    await page.waitForFunction(() => document.querySelector(".ask-line")?.textContent.includes("8000"));
    await fit(page, "a call is planned");
    const { bodies } = (await stage.act({})).calls;
    const { number, code, from, until } = bodies.at(-1);
    assert.deepEqual([number, code, until - from, new Date(from).getHours()], ["138 0013 8000", "246810", 2 * 3_600_000, 10]);
    await page.locator(".ask-line button").first().click();
    await page.fill("#call-field", "138 0013 8000");
    await page.press("#call-field", "Enter");
    await page.fill("#code-field", "246810");
    await page.press("#code-field", "Enter");
    await page.waitForSelector(".ask-question", { state: "detached" });
    assert.equal((await stage.act({})).calls.bodies.at(-1).from, undefined, "as soon as possible keeps the place");
    await page.locator(".ask-line button").nth(1).click();
    await page.waitForFunction(() => !document.querySelector(".ask-line")?.textContent.includes("8000"));
  });
}

test("where the form of a call cannot be fetched it says so, and fetches it again", async () => {
  const page = await stage.visit({ path: frame("en"), set: { callsBack: true } });
  await page.click(".topic >> nth=0");
  await write(page, "hello");
  await page.waitForSelector(".ask-line");
  await page.route("**/call-question-*.js", (route) => route.abort());
  await page.locator(".ask-line button").first().click();
  await page.waitForSelector(".ask-question .question-buttons");
  await fit(page, "not fetched");
  await page.unroute("**/call-question-*.js");
  await page.locator(".ask-question .button").last().click();
  await page.waitForSelector("#call-field");
});
