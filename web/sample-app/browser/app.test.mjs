/** The sample app in a browser, against the mock of the API: `npm run build` first. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { startMock } from "../../mock-api/server.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const BROWSERS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const TOUCH = 44;
const PHONE = { width: 360, height: 740 };

let mock;
let browser;
before(async () => {
  const executablePath = BROWSERS.find((path) => path && existsSync(path));
  assert.ok(executablePath, "no Chromium found; name one by the variable CHROMIUM");
  mock = await startMock();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
});
after(async () => {
  await browser.close();
  await mock.close();
});

const act = (action) => fetch(`${mock.base}/mock`, { method: "POST", body: JSON.stringify(action) }).then((response) => response.json());

/** A fresh person at a fresh desk; `rest` of the browser's context. */
async function visit({ set = {}, signIn = true, ...rest } = {}) {
  await act({ forget: true, set: { down: false, mute: false, refuse: null, noSockets: false, backend: true, ...set } });
  const context = await browser.newContext({ viewport: PHONE, reducedMotion: "reduce", locale: "zh-CN", permissions: ["notifications"], ...rest });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (line) => {
    if (/content security policy/i.test(line.text())) page.complaints.push(line.text());
  });
  await page.goto(`${mock.base}/app/index.html`);
  if (signIn) await page.getByTestId("person").first().click();
  return page;
}

async function say(page, text) {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("send").click();
}

/** Opens the first topic and says the first word. */
async function begin(page, text = "您好") {
  await page.getByTestId("topic").first().click();
  await say(page, text);
  await page.getByTestId("place").waitFor();
}

async function fit(page, state) {
  await page.evaluate(AXE);
  const found = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES);
  const problems = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  const small = await page.evaluate((touch) => {
    const shown = [...document.querySelectorAll("button:not(.text-button), input:not([type=file], [type=radio], [role=switch]), textarea, label.grade, label.switch")].filter((one) => one.checkVisibility());
    return shown.filter((one) => Math.min(one.offsetHeight, one.offsetWidth) < touch).map((one) => one.className || one.tagName);
  }, TOUCH);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.deepEqual({ state, problems, small, wide, complaints: page.complaints }, { state, problems: [], small: [], wide: false, complaints: [] });
}

const seen = (page, text) => page.getByTestId("said").filter({ hasText: text }).first().waitFor();

for (const [name, look] of Object.entries({
  "in Chinese": {}, "in English, dark": { locale: "en-GB", colorScheme: "dark" }, "on a small phone with big text": { viewport: { width: 320, height: 640 }, big: true },
})) {
  test(`the whole road is fit for everybody, ${name}`, async () => {
    const { big, ...rest } = look;
    const page = await visit({ signIn: false, ...rest });
    if (big) await page.evaluate(() => void (document.documentElement.style.fontSize = "150%"));
    await page.getByTestId("person").first().waitFor();
    await fit(page, "who is here");
    await page.getByTestId("person").first().click();
    await page.getByTestId("topic").first().waitFor();
    await fit(page, "topics");
    await begin(page);
    await fit(page, "in the queue");
    await act({ do: "join" });
    await act({ do: "reply", with: ["您好，请说。"] });
    await seen(page, "您好，请说。");
    await act({ do: "mark", with: ["agent"] });
    await page.locator("[data-mark=mark_read]").first().waitFor();
    await fit(page, "served");
    await page.getByTestId("end").click();
    await fit(page, "before the end");
    await page.getByTestId("end-yes").click();
    await page.locator("input[name=grade][value='5']").check();
    await fit(page, "asked how it was");
    await page.getByTestId("rate-send").click();
    await page.getByTestId("rated").waitFor();
    await page.getByTestId("settings").click();
    await page.getByTestId("quiet").click();
    await page.locator("input[type=time]").first().waitFor();
    await fit(page, "settings");
    await page.context().close();
  });
}

test("what is written without a network is kept through a restart without one, and said once", async () => {
  const page = await visit();
  await begin(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  // The page itself comes from the worker from now on.
  await page.reload();
  await page.getByTestId("go-on").waitFor();
  await page.context().setOffline(true);
  await act({ drop: true });
  await page.getByTestId("go-on").click();
  await say(page, "断网时写的");
  await page.getByTestId("offline").waitFor();
  await page.reload();
  await page.getByTestId("go-on").click();
  await page.getByTestId("pending").filter({ hasText: "断网时写的" }).waitFor();
  await page.context().setOffline(false);
  await seen(page, "断网时写的");
  assert.deepEqual((await act({})).said, [2]);
  await page.context().close();
});

test("a network that knows no sockets is served all the same, and says so quietly", async () => {
  const page = await visit({ set: { noSockets: true } });
  await begin(page, "只有请求");
  await act({ do: "join" });
  await act({ do: "reply", with: ["收到"] });
  await seen(page, "收到");
  await page.locator(".line").waitFor();
  await say(page, "谢谢");
  await seen(page, "谢谢");
  assert.deepEqual((await act({})).said, [4]);
  await act({ set: { noSockets: false } });
  await page.context().close();
});

test("a file goes along, and one that may not is refused before a byte is sent", async () => {
  const page = await visit();
  await begin(page);
  const input = page.getByTestId("file-input");
  await input.setInputFiles({ name: "a.exe", mimeType: "application/x-msdownload", buffer: Buffer.from("MZ") });
  await page.getByTestId("problem").filter({ hasText: "a.exe" }).waitFor();
  await input.setInputFiles({ name: "icon.png", mimeType: "image/png", buffer: readFileSync(new URL("../public/icon-192.png", import.meta.url)) });
  await page.getByTestId("attached").waitFor();
  await say(page, "附件");
  await page.locator("img.picture").waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

/** In the worker: how many pushes it has dealt with since this was first asked. */
function countPushes() {
  if (self.pushes === undefined) {
    self.pushes = 0;
    const { waitUntil } = self.ExtendableEvent.prototype;
    self.ExtendableEvent.prototype.waitUntil = function counted(promise) {
      if (this.type === "push") void promise.finally(() => (self.pushes += 1));
      return waitUntil.call(this, promise);
    };
  }
  return self.pushes;
}

/**
 * Delivers a push to the app's worker, as the push service would, and waits until it is dealt with: Chromium drops a
 * notification that somebody lists while it is being shown.
 */
async function pusher(page) {
  const line = await page.context().newCDPSession(page);
  let registrationId = "";
  const found = new Promise((resolve) => {
    line.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      registrationId = registrations.find((one) => one.scopeURL.endsWith("/app/"))?.registrationId ?? registrationId;
      if (registrationId) resolve();
    });
  });
  await line.send("ServiceWorker.enable");
  await found;
  const [worker] = page.context().serviceWorkers();
  let count = await worker.evaluate(countPushes);
  return async (payload) => {
    await line.send("ServiceWorker.deliverPushMessage", { origin: mock.base, registrationId, data: JSON.stringify(payload) });
    count += 1;
    for (let tries = 0; (await worker.evaluate(countPushes)) < count; tries += 1) {
      assert.ok(tries < 500, "the worker is not done with a push");
      await page.waitForTimeout(20);
    }
  };
}

const notifications = (page) => page.evaluate(async () => {
  const worker = await navigator.serviceWorker.ready;
  // In no order of their own.
  return (await worker.getNotifications()).map(({ title, body, tag }) => `${tag} ${title}: ${body}`).sort();
});

test("a push is shown once for a conversation, not to somebody who reads it, and opens it", async () => {
  const page = await visit();
  await begin(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const push = await pusher(page);
  const payload = (conversation, body, seq) => ({ id: `dlv_${seq}`, conversation, channel: "app", kind: "answer", seq, title: "林芳", body, badge: seq });
  // Nothing shows this conversation: it is told of, and the newest takes the place of the one before.
  await push(payload("cnv_other", "第一句", 1));
  await push(payload("cnv_other", "第二句", 2));
  assert.deepEqual(await notifications(page), ["cnv_other 林芳: 第二句"]);
  // The one that is read at this moment is not.
  const mine = await current(page);
  await push(payload(mine, "正在看", 3));
  await push(payload("cnv_third", "第三句", 4));
  assert.deepEqual(await notifications(page), ["cnv_other 林芳: 第二句", "cnv_third 林芳: 第三句"]);
  // What is no payload shows nothing.
  await push({ title: "x" });
  await page.getByTestId("back").click();
  await push(payload(mine, "离开了对话", 5));
  assert.deepEqual(await notifications(page), ["cnv_other 林芳: 第二句", "cnv_third 林芳: 第三句", `${mine} 林芳: 离开了对话`].sort());
  await page.goto(`${mock.base}/app/index.html?conversation=${mine}`);
  await page.getByTestId("composer").waitFor();
  await page.context().close();
});

/** The conversation that the page shows, as it tells its worker. */
function current(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => resolve(event.data.conversation);
    navigator.serviceWorker.dispatchEvent(new MessageEvent("message", { data: { type: "what_is_shown" }, ports: [port2] }));
  }));
}

test("signing out leaves nothing of the person", async () => {
  const page = await visit();
  await begin(page, "我的工资");
  await page.getByTestId("settings").click();
  await page.getByTestId("sign-out").click();
  await page.getByTestId("person").first().waitFor();
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  await page.getByTestId("person").nth(1).click();
  await page.getByTestId("topic").first().waitFor();
  assert.equal(await page.getByTestId("go-on").count(), 0);
  await page.context().close();
});
