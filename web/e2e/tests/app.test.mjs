/** A mobile app with push, in real browsers: the sample app, a real gateway, an agent at the desk, a push service of others. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { isAccessible } from "../src/accessibility.mjs";
import { City, Phone } from "../src/app.mjs";
import { expect } from "../src/browser.mjs";
import { House } from "../src/house.mjs";
import { Company, chromium } from "../src/people.mjs";
import { picture } from "../src/pictures.mjs";

let city, house, browser;
before(async () => {
  city = await City.take();
  house = await House.start(1, { channels: [city.channel("tax")] });
  await city.start(house.origin);
  browser = await chromium.launch();
}, { timeout: 90_000 });
after(async () => {
  await browser?.close();
  await house?.close();
  await city?.close();
});

const company = new Company(() => ({ house, browser }));
beforeEach(() => company.leave());
afterEach(async (t) => {
  if (!t.passed) await house.closesAll();
});

/** The one conversation that Ming holds, and the devices of whoever asks there. */
async function stands() {
  const [conversation] = await house.get("/v1/agents/ming/conversations");
  const { devices } = await house.get(`/v1/contacts/${conversation.contact}`, "ming");
  return { conversation, devices };
}

/** The desk shows a mark at the last thing that the agent said. */
const marked = (agent, mark, text) => expect(`"${text}" is ${mark}`, () =>
  agent.page.getByTestId("message-agent").filter({ hasText: text }).getByTestId(`mark-${mark}`).isVisible());

/** The desk, opened anew, shows how far things have come to the device. */
async function deviceIs(agent, stand) {
  await agent.page.reload();
  await expect(`the device: ${stand}`, async () => (await agent.page.getByTestId("device").innerText()).includes(stand));
}

/** The house has noticed that the app is closed, or behind another. */
const isAway = () => expect("the app is seen to be away", async () => (await stands()).devices.every((one) => !one.in_front));

/** Waits until so many notifications were pushed, and gives them. */
const pushed = (phone, count) => expect(`${count} notifications`, async () => {
  const payloads = await phone.subscription.payloads();
  return payloads.length >= count && payloads;
});

test("somebody asks in the app, closes it, is told of the answers, and finds nothing missing", { timeout: 120_000 }, async () => {
  const ming = await company.starts("ming");
  const wang = await Phone.takes(browser, city);
  await wang.signsIn("王芳");
  await wang.wantsPush();
  await isAccessible(wang.page, "the app's settings");
  await picture(wang.page, "app-push-on");
  await wang.page.getByTestId("back").click();

  // In front of the person's eyes nothing is pushed.
  await wang.asks("税务", "三月份申报的退税还没有到账。");
  await ming.accepts("三月份申报的退税还没有到账。");
  await ming.says("您好，我来查一下。");
  await wang.sees("您好，我来查一下。");
  await marked(ming, "read", "您好，我来查一下。");
  await deviceIs(ming, "正在使用");
  await picture(wang.page, "app-in-front");
  await picture(ming.page, "app-desk-in-front");
  const inFront = await stands();
  assert.equal(inFront.conversation.kind, "app");
  // What is read before anything was told is never told.
  assert.deepEqual(inFront.devices.map((one) => [one.provider, one.told_to]), [["web_push", 0]]);
  assert.deepEqual(await wang.subscription.payloads(), []);

  // The app is closed: each answer comes as a push, and the later one takes the place of the one before.
  await wang.closesApp();
  await isAway();
  await ming.says("退税已经审核通过。");
  await pushed(wang, 1);
  await wang.isWoken();
  assert.deepEqual(await wang.notifications(), [{ title: "王明", body: "退税已经审核通过。", tag: inFront.conversation.id }]);
  await ming.says("三个工作日内到账，请留意短信。");
  const payloads = await pushed(wang, 2);
  await wang.isWoken();
  assert.deepEqual(await wang.notifications(), [{ title: "王明", body: "三个工作日内到账，请留意短信。", tag: inFront.conversation.id }]);
  const { last_seq: last } = (await stands()).conversation;
  const told = { conversation: inFront.conversation.id, channel: "app", kind: "answer", title: "王明" };
  const [first, second] = payloads.map(({ id }) => id);
  assert.notEqual(first, second);
  assert.deepEqual(payloads, [
    { ...told, id: first, seq: last - 1, body: "退税已经审核通过。", badge: 1 },
    { ...told, id: second, seq: last, body: "三个工作日内到账，请留意短信。", badge: 2 },
  ]);
  await deviceIs(ming, "已推送");
  // Nobody has read the two yet.
  await marked(ming, "read", "您好，我来查一下。");
  await marked(ming, "sent", "三个工作日内到账，请留意短信。");
  await picture(ming.page, "app-desk-pushed");

  // The notification leads to the conversation: whole, in order, nothing twice; and the desk sees that it is read.
  await wang.opensNotification();
  assert.equal(new URL(wang.page.url()).searchParams.get("conversation"), inFront.conversation.id);
  await wang.sees("三个工作日内到账，请留意短信。");
  const all = ["三月份申报的退税还没有到账。", "您好，我来查一下。", "退税已经审核通过。", "三个工作日内到账，请留意短信。"];
  assert.deepEqual(await wang.transcript(), all);
  assert.deepEqual((await ming.transcript()).map(({ text }) => text), all);
  assert.deepEqual(await wang.notifications(), []);
  await marked(ming, "read", "三个工作日内到账，请留意短信。");
  await isAccessible(wang.page, "the app after a notification");
  await picture(wang.page, "app-opened");
  await wang.says("好的，谢谢！");
  await ming.sees("好的，谢谢！");
  await deviceIs(ming, "正在使用");
  assert.deepEqual(await wang.transcript(), [...all, "好的，谢谢！"]);
  assert.equal((await wang.subscription.payloads()).length, 2);
  assert.deepEqual(wang.complaints, []);
  await ming.closes();
  await wang.leaves();
});

test("an app behind another is told too; a device whose subscription is gone is not, and stands on no list", { timeout: 90_000 }, async () => {
  const ming = await company.starts("ming");
  const li = await Phone.takes(browser, city);
  await li.signsIn("李强");
  await li.wantsPush();
  await li.page.getByTestId("back").click();
  await li.asks("税务", "个体户怎么开发票？");
  await ming.accepts("个体户怎么开发票？");
  await expect("the app is seen to be in front", async () => (await stands()).devices[0]?.in_front);

  // Its line is open, and nobody looks: that is told, and the press raises the page that is there.
  await li.page.getByTestId("back").click();
  await li.isHidden(true);
  await isAway();
  await ming.says("请先登录电子税务局。");
  await pushed(li, 1);
  await li.isWoken();
  assert.deepEqual((await li.notifications()).map(({ title, body }) => [title, body]), [["王明", "请先登录电子税务局。"]]);
  await deviceIs(ming, "已推送");
  await li.opensNotification();
  await li.sees("请先登录电子税务局。");
  assert.equal(li.context.pages().length, 2, "no second page of the app");
  await marked(ming, "read", "请先登录电子税务局。");

  // The app is closed, and the push service knows the device no more.
  await li.closesApp();
  await isAway();
  await li.subscription.expires();
  await ming.says("然后选择发票代开。");
  await expect("the device is forgotten", async () => (await stands()).devices.length === 0);
  await ming.page.reload();
  await ming.sees("然后选择发票代开。");
  // This comes with the devices.
  await expect("the person is known", () => ming.page.getByText("li-qiang", { exact: true }).isVisible());
  assert.equal(await ming.page.getByTestId("device").count(), 0);
  await picture(ming.page, "app-desk-gone");
  assert.equal((await li.subscription.payloads()).length, 1);

  // The words are there all the same, and so is the switch.
  await li.opens(city.address);
  await li.page.getByTestId("go-on").click();
  await li.sees("然后选择发票代开。");
  assert.deepEqual(await li.transcript(), ["个体户怎么开发票？", "请先登录电子税务局。", "然后选择发票代开。"]);
  assert.deepEqual(li.complaints, []);
  await ming.closes();
  await li.leaves();
});
