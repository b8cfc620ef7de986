/**
 * The main job from end to end, in real browsers: the right agent by skill and due time, an ignored
 * offer that goes on, gateways killed mid-conversation, and the rating in the records.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House } from "../src/house.mjs";
import { Agent, Visitor, chromium } from "../src/people.mjs";
import { eventually } from "../src/processes.mjs";

let house, browser;
before(async () => {
  house = await House.start(2);
  browser = await chromium.launch();
}, { timeout: 60_000 });
after(async () => {
  await browser?.close();
  await house?.close();
});

const signsIn = (name, more) => Agent.signsIn(browser, house.origin, name, house.passwords[name], more);

/** What people said, and nothing twice, nothing missing, in order. */
async function both(visitor, agent, words) {
  await visitor.sees(words.at(-1));
  await agent.sees(words.at(-1));
  const seen = (await visitor.transcript()).map((text) => text.trim());
  assert.deepEqual(words.map((word) => seen.filter((text) => text.includes(word)).length), words.map(() => 1), `the visitor sees ${seen}`);
  const desk = await agent.transcript();
  assert.deepEqual(words.map((word) => desk.filter(({ text }) => text.includes(word)).length), words.map(() => 1), `${agent.name} sees ${JSON.stringify(desk)}`);
  const seqs = desk.map(({ seq }) => seq);
  assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b));
}

test("two visitors, three agents, one of whom ignores an offer, and gateways that die", { timeout: 120_000 }, async () => {
  const taxpayer = await Visitor.comes(browser, house.origin);
  await taxpayer.asks("税务", "我的退税到哪一步了？");
  const worker = await Visitor.comes(browser, house.origin, { locale: "en" });
  await worker.asks("Social insurance", "How do I move my insurance?");

  // Li could take both. The insurance is due earlier, although the tax came first.
  const li = await signsIn("li");
  await li.isReady();
  await li.getsOffer("How do I move my insurance?");
  assert.equal(await li.offer().count(), 1);

  // Ming has only tax, and gets it at once.
  const ming = await signsIn("ming");
  await ming.isReady();
  await ming.accepts("我的退税到哪一步了？");

  // Li does not answer: it goes on to Fang, and Li counts as not answering.
  const fang = await signsIn("fang", { locale: "en" });
  await fang.isReady();
  await fang.accepts("How do I move my insurance?");
  await li.hasPresence("not_answering");
  assert.equal(await li.offer().count(), 0);

  await ming.says("正在为您查询");
  await taxpayer.sees("正在为您查询");
  await taxpayer.says("好的，谢谢");
  await fang.says("You can move it online");
  await worker.sees("You can move it online");

  // A gateway dies mid-conversation; both sides go on without doing anything.
  await house.killGateway(0);
  await taxpayer.says("还在吗？");
  await ming.says("在的");
  await worker.says("Where online?");
  await fang.says("In the insurance portal");
  await both(taxpayer, ming, ["我的退税到哪一步了？", "正在为您查询", "好的，谢谢", "还在吗？", "在的"]);
  await both(worker, fang, ["How do I move my insurance?", "You can move it online", "Where online?", "In the insurance portal"]);

  // It comes back, and the other one dies.
  await house.startGateway(0);
  await house.killGateway(1);
  await taxpayer.says("明白了");
  await ming.sees("明白了");
  await ming.says("祝您愉快");
  await both(taxpayer, ming, ["我的退税到哪一步了？", "正在为您查询", "好的，谢谢", "还在吗？", "在的", "明白了", "祝您愉快"]);
  await house.startGateway(1);

  await ming.closes();
  await taxpayer.isOver();
  await taxpayer.rates("很有帮助");
  await fang.closes();
  await worker.isOver();
  await worker.rates("Very helpful");
  await eventually("both ratings are in the records", async () => {
    const ratings = JSON.stringify(await house.get("/v1/ratings?limit=10", "sun"));
    return ratings.includes("很有帮助") && ratings.includes("Very helpful");
  });
  await eventually("both conversations are in the records", async () => {
    const closed = JSON.stringify(await house.get("/v1/conversations?state=closed&limit=10", "sun"));
    return closed.includes("tax") && closed.includes("insurance");
  });
  house.run(["fsck"]);
  for (const person of [taxpayer, worker, li, ming, fang]) await person.leaves();
});

test("whom the website vouches for finds earlier conversations on another device, and nobody else does", { timeout: 60_000 }, async () => {
  const fang = await signsIn("fang");
  await fang.isReady();
  const office = await Visitor.comes(browser, house.origin);
  await office.signsIn("resident-1");
  await office.asks("公积金", "办公室里问的");
  await fang.accepts("办公室里问的");
  await fang.says("已经办好");
  await office.sees("已经办好");
  await fang.notes("同事才看得到");
  await fang.closes();
  await fang.page.getByTestId("end-wrap-up").click();
  await eventually("it is in the archive", async () =>
    JSON.stringify(await house.get("/v1/conversations?state=closed&limit=10", "sun")).includes("housing"));

  // The time to reopen it is over: it is an earlier one, on every device of the same person.
  const phone = await Visitor.comes(browser, house.origin);
  await phone.signsIn("resident-1");
  const before = phone.panel.locator(".before-one", { hasText: "办公室里问的" });
  await eventually("the earlier conversation", () => before.isVisible());
  await before.locator("summary").click();
  await eventually("its words", () => before.getByText("已经办好").isVisible());
  await phone.neverSaw("同事才看得到");
  const other = await Visitor.comes(browser, house.origin);
  await other.signsIn("resident-2");
  await other.choosesTopic("税务");
  await other.neverSaw("办公室里问的");

  // On a shared computer: signed out, the one before is gone, also from the next page.
  await office.page.evaluate(() => window.Hutong.reset());
  await office.page.evaluate(() => window.Hutong.open());
  await office.choosesTopic("税务");
  await office.neverSaw("已经办好");
  assert.equal(await other.panel.locator(".before-one").count(), 0);
  for (const person of [office, phone, other, fang]) await person.leaves();
});

test("a visitor finds the conversation again after a reload, and what was typed offline is sent", { timeout: 60_000 }, async () => {
  const ming = await signsIn("ming");
  await ming.isReady();
  const visitor = await Visitor.comes(browser, house.origin);
  await visitor.asks("税务", "刷新之前");
  await ming.accepts("刷新之前");
  await ming.says("我在");
  await visitor.sees("我在");
  await visitor.page.reload();
  await visitor.page.locator("hutong-chat button").click();
  await visitor.sees("刷新之前");
  await visitor.sees("我在");

  // Redis goes away: the word waits in the browser and arrives by itself when it is back.
  await house.redis.kill();
  await visitor.panel.getByLabel("输入消息").last().fill("断线时写的");
  await visitor.panel.locator("button.send").click();
  await visitor.sees("断线时写的");
  await house.startRedis();
  await ming.sees("断线时写的");
  await ming.says("收到");
  await both(visitor, ming, ["刷新之前", "我在", "断线时写的", "收到"]);
  await ming.closes();
  await visitor.leaves();
  await ming.leaves();
});
