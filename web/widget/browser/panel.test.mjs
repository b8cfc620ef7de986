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
