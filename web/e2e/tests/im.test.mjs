/** People in a messenger, in real browsers: a real homeserver, real gateways, agents at their desks. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { readFileSync } from "node:fs";
import { deflateSync, crc32 } from "node:zlib";
import { isAccessible } from "../src/accessibility.mjs";
import { expect } from "../src/browser.mjs";
import { House } from "../src/house.mjs";
import { Company, chromium } from "../src/people.mjs";
import { picture } from "../src/pictures.mjs";
import { freePort } from "../src/processes.mjs";
import { Synapse } from "../src/synapse.mjs";

let matrix, house, browser;
before(async () => {
  matrix = await Synapse.take();
  house = await House.start(1, { channels: [matrix.channel("tax"), await unreachable("tax")] });
  await matrix.start(`${house.origin}/v1/callbacks/chat`);
  browser = await chromium.launch();
}, { timeout: 150_000 });
after(async () => {
  await browser?.close();
  await house?.close();
  await matrix?.close();
});

/** A messenger that does not answer. */
async function unreachable(queue) {
  return {
    id: "bot", name: { "zh-CN": "旅行者服务", en: "Travellers" }, kind: "im", adapter: "telegram", audience: "public",
    topics: [{ id: queue, name: { "zh-CN": "咨询", en: "Questions" }, queue, request_type: "consultation" }],
    settings: { token: "4711:of-a-bot-that-nobody-has", api_url: `http://127.0.0.1:${await freePort()}` },
  };
}

const company = new Company(() => ({ house, browser }));
beforeEach(() => company.leave());
// One failure is one: what it left open would fail those after it.
afterEach(async (t) => {
  if (!t.passed) await house.closesAll();
});

const shows = (what, where, within) => expect(what, () => where.isVisible(), within);
const says = (what, where, text) => expect(`${what}: ${text}`, async () => (await where.innerText()).includes(text));
const theirs = (agent, text) => agent.page.getByTestId("message-contact").filter({ hasText: text });
const ours = (agent, text) => agent.page.getByTestId("message-agent").filter({ hasText: text });

/** A picture of one colour, as phones send them, only small. */
function png(width, height, [r, g, b]) {
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([r, g, b]))]);
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

/** Shows a line that no homeserver has: the rest of what the gateway tells stays. */
const withLine = (agent, more) => agent.page.route("**/v1/conversations/*/line", async (route) => {
  const answer = await route.fetch();
  await route.fulfill({ response: answer, json: { ...(await answer.json()), ...more } });
});

test("somebody writes in a messenger, changes and takes back words, sends a picture, and is answered", { timeout: 120_000 }, async () => {
  const fang = await company.starts("fang");
  const ming = await company.starts("ming");
  const zhang = await matrix.person("zhang", "张敏");
  const first = await zhang.says("三月份申报的退税三千元还没有到账。");

  // Ming knows taxes; Fang is as free, and does not. The offer says by which door it comes.
  await ming.getsOffer("三月份申报的退税三千元");
  await says("the offer's door", ming.offer(), "机关内网聊天");
  await picture(ming.page, "chat-offer");
  assert.equal(await fang.offer().count(), 0);
  await ming.accepts("三月份申报的退税三千元还没有到账。");
  await says("the row's door", ming.page.getByTestId("row"), "机关内网聊天");
  assert.equal(await ming.page.getByTestId("row").locator(".row-kind").getAttribute("data-adapter"), "matrix");
  // Whoever writes sees that it was read, and that somebody types.
  await zhang.seesRead(first);
  await ming.page.getByTestId("composer").pressSequentially("请稍等");
  await zhang.seesTyping();
  await ming.page.getByTestId("composer").fill("");
  const network = ming.page.getByTestId("line-network");
  await says("the network", network, "Matrix");
  assert.equal(await network.getAttribute("data-adapter"), "matrix");
  // One may answer there at any time and nobody reads along: nothing is said of either.
  assert.equal(await ming.page.getByTestId("line-window").count(), 0);

  // What is changed shows its new words, and the old ones on demand.
  await zhang.changes(first, "三月份申报的退税五千元还没有到账。");
  const changed = theirs(ming, "退税五千元");
  await shows("the new words", changed);
  assert.equal(await theirs(ming, "退税三千元").count(), 0);
  await changed.getByTestId("edited").click();
  await says("the old words", changed.getByTestId("said-before"), "退税三千元");
  await isAccessible(ming.page, "a changed message");
  await picture(ming.page, "chat-edited");
  await changed.getByTestId("edited").click();
  await says("the row", ming.page.getByTestId("row"), "退税五千元");

  // What is taken back is known, and not shouted.
  const secret = await zhang.says("我的查询密码是 482913。");
  await shows("it is there", theirs(ming, "482913"));
  await zhang.takesBack(secret);
  const gone = ming.page.getByTestId("taken-back");
  await shows("it is taken back", gone);
  assert.equal(await ming.page.getByTestId("timeline").getByText("482913").count(), 0);
  await gone.getByTestId("taken-back-show").click();
  await shows("its words", gone.getByText("482913"));
  await says("the row", ming.page.getByTestId("row"), "对方撤回了一条消息");
  await isAccessible(ming.page, "a message that was taken back");
  await picture(ming.page, "chat-taken-back");
  await gone.getByTestId("taken-back-show").click();

  // A picture comes after its message.
  await zhang.sendsPicture("缴款凭证.png", png(240, 160, [214, 69, 65]));
  const photo = ming.page.getByTestId("file").filter({ hasText: "缴款凭证.png" });
  await shows("the picture is here", photo);
  await expect("it is drawn", async () => (await ming.page.locator("canvas[aria-label*='缴款凭证.png']").count()) === 1);
  assert.equal(await ming.page.getByTestId("file-pending").count(), 0);

  // Both see the answer, its file, and the sign that is put to it.
  await ming.says("已查到，退税五千元今天已经拨付。");
  const heard = await zhang.hears("已查到，退税五千元今天已经拨付。");
  await ming.page.getByTestId("file-input").setInputFiles({ name: "拨付通知.txt", mimeType: "text/plain", buffer: Buffer.from("五千元") });
  await shows("the file is uploaded", ming.page.locator("[data-testid=upload][data-state=ready]"));
  await ming.page.getByTestId("send").click();
  await zhang.hears("拨付通知.txt");
  await zhang.reacts(heard.id, "👍");
  const answer = ours(ming, "退税五千元今天已经拨付");
  await says("the sign", answer.getByTestId("reactions"), "👍");
  assert.equal(await answer.getByTestId("reactions").locator("li").getAttribute("title"), "张敏");
  assert.deepEqual((await zhang.heard()).filter(({ text }) => /拨付/u.test(text)).map(({ text }) => text), ["已查到，退税五千元今天已经拨付。", "拨付通知.txt"]);
  // Facts about messages on the screen are no lines of their own.
  const notices = await ming.page.getByTestId("notice").allInnerTexts();
  assert.deepEqual(notices.filter((text) => /修改|撤回|回应|文件/u.test(text)), []);
  await isAccessible(ming.page, "a conversation in a messenger");
  await picture(ming.page, "chat");
  await ming.closes();
  assert.equal(await fang.offer().count(), 0);
});

test("the writer knows how long one can answer, who reads along, and what the network carries", { timeout: 120_000 }, async () => {
  const ming = await company.starts("ming");
  const li = await matrix.person("li", "李强");
  const hour = 3_600_000;
  let line = { adapter: "wecom_kf", window: { until: Date.now() + 26 * hour, left: 3 }, group: "税务服务群", text_bytes_max: 60, file_bytes_max: 2048, file_endings: [], link_hours: 0 };
  await ming.page.route("**/v1/conversations/*/line", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), ...line } });
  });
  await li.says("个体户怎么开发票？");
  await ming.accepts("个体户怎么开发票？");
  const open = ming.page.getByTestId("line-window");
  await says("until when", open, "可回复至");
  await says("how often", open, "还剩 3 条");
  await says("who reads along", ming.page.getByTestId("line-group"), "税务服务群");
  await says("the network", ming.page.getByTestId("line-network"), "微信客服");

  // A long text tells how many messages it becomes, and one that becomes too many stays here.
  const composer = ming.page.getByTestId("composer");
  await composer.fill("请先登录电子税务局。然后选择发票代开，按提示填写。");
  await says("in parts", ming.page.getByTestId("line-parts"), "2 条");
  await isAccessible(ming.page, "an answer in parts");
  await picture(ming.page, "chat-window");
  await composer.fill("请先登录电子税务局。然后选择发票代开，按提示填写。最后到办税服务厅领取纸质发票，记得带身份证。营业执照也请一并带上，窗口会当场核对，材料不全不能办理。");
  await says("too many", ming.page.getByTestId("line-parts"), "只能再发 3 条");
  assert.equal(await ming.page.getByTestId("send").isDisabled(), true);
  await composer.fill("");
  await ming.page.getByTestId("file-input").setInputFiles({ name: "样表.txt", mimeType: "text/plain", buffer: Buffer.alloc(4096, "x") });
  await says("the file is too large", ming.page.locator("[data-testid=upload][data-state=failed]"), "微信客服最多 2.0 KB");
  await ming.page.locator("[data-testid=upload]").getByRole("button", { name: /移除/u }).click();

  // Where links are allowed it goes as one, and whoever writes knows before.
  line = { ...line, window: { ...line.window, left: 5 }, file_endings: ["pdf"], link_hours: 168 };
  await li.says("我在手机上，能发个样表吗？");
  await shows("the next word", theirs(ming, "能发个样表吗"));
  await says("the line was asked anew", open, "还剩 5 条");
  await ming.page.getByTestId("file-input").setInputFiles([
    { name: "样表.txt", mimeType: "text/plain", buffer: Buffer.alloc(4096, "x") }, { name: "指南.txt", mimeType: "text/plain", buffer: Buffer.from("指南") },
  ]);
  await expect("both are ready", async () => (await ming.page.locator("[data-testid=upload][data-state=ready]").count()) === 2);
  await says("it goes as a link", ming.page.getByTestId("upload-link").first(), "以链接发送");
  assert.equal(await ming.page.getByTestId("upload-link").count(), 2, "too large, and of another kind");
  await isAccessible(ming.page, "files that go as links");
  await picture(ming.page, "chat-links");
  await ming.page.setViewportSize({ width: 360, height: 740 });
  await picture(ming.page, "chat-links-on-a-phone");
  await ming.page.setViewportSize({ width: 1440, height: 900 });
  for (const name of ["样表.txt", "指南.txt"]) await ming.page.locator("[data-testid=upload]").filter({ hasText: name }).getByRole("button", { name: /移除/u }).click();

  // With the contact's next word it is asked anew; now it is over.
  line = { ...line, group: null, window: { until: Date.now() - 1000, left: 2 } };
  await li.says("在吗？");
  const closed = ming.page.getByTestId("line-closed");
  await says("it is over", closed, "回复时限已过");
  await says("what to do", closed, "等对方再次来信");
  await composer.fill("您好");
  assert.equal(await ming.page.getByTestId("send").isDisabled(), true);
  await isAccessible(ming.page, "a line that is closed");
  await ming.page.setViewportSize({ width: 360, height: 740 });
  await picture(ming.page, "chat-closed-on-a-phone");
  await ming.page.setViewportSize({ width: 1440, height: 900 });
  await picture(ming.page, "chat-closed");
  // A note can still be written.
  await ming.page.getByTestId("mode-note").click();
  assert.equal(await ming.page.getByTestId("send").isDisabled(), false);
  await composer.fill("");
  await ming.page.getByTestId("mode-reply").click();
  await ming.closes();
});

test("what did not arrive, and files on their way, are told at their messages", { timeout: 90_000 }, async () => {
  const ming = await company.starts("ming");
  const sun = await matrix.person("sun", "孙丽");
  await sun.says("材料已经准备好了，请问发到哪里？");
  await ming.accepts("材料已经准备好了，请问发到哪里？");
  await ming.says("请直接发在这里。");
  await sun.hears("请直接发在这里。");
  // What networks say afterwards, this one does not: the gateway's log is told further.
  const pending = (id, name) => ({ id, name, media_type: "application/octet-stream", bytes: 0, pending: true });
  await ming.page.route("**/v1/conversations/*/messages?*", async (route) => {
    const answer = await route.fetch();
    const { messages, ...more } = await answer.json();
    const [last, mine] = [messages.at(-1), messages.findLast(({ author }) => author.type === "agent")];
    const theirs = messages.find(({ author }) => author.type === "contact");
    const next = (n, content) => ({ id: `${last.id}${n}`, seq: last.seq + n, at: last.at + n, kind: "notice", author: { type: "system" }, ...content });
    const added = [
      next(1, { notice: { code: "undelivered", message: mine.id, recipient: "", permanent: true, reason: "the person blocked the account" } }),
      next(2, { kind: "text", author: theirs.author, text: "", files: [pending("file_on_its_way", "营业执照.jpg"), pending("file_that_is_gone", "合同.pdf")] }),
      next(3, { notice: { code: "file_missing", seq: last.seq + 2, file: "file_that_is_gone", reason: "the media has expired" } }),
    ];
    await route.fulfill({ response: answer, json: { ...more, messages: [...messages, ...added] } });
  });
  await ming.page.reload();
  const failed = ours(ming, "请直接发在这里").getByTestId("mark-undelivered");
  await says("why", failed, "the person blocked the account");
  assert.equal(await ming.page.getByTestId("undelivered").count(), 0, "it is no line of its own");
  await says("one is on its way", ming.page.getByTestId("file-pending"), "营业执照.jpg");
  await says("one will not come", ming.page.getByTestId("file-missing"), "the media has expired");
  await says("the row", ming.page.getByTestId("row").getByTestId("row-undelivered"), "未送达");
  await isAccessible(ming.page, "what did not arrive");
  await picture(ming.page, "chat-undelivered");
  await failed.getByTestId("rewrite").click();
  await expect("it is written again", async () => (await ming.page.getByTestId("composer").inputValue()) === "请直接发在这里。");
  await ming.page.getByTestId("composer").fill("");
  await ming.closes();
});

test("on a phone, in English", { timeout: 90_000 }, async () => {
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, locale: "en" };
  const ming = await company.starts("ming", phone);
  await withLine(ming, { adapter: "wecom_kf", window: { until: Date.now() + 3_600_000, left: 1 }, group: "Tax help, district office and friends" });
  const wu = await matrix.person("wu", "Wu Fang");
  const word = await wu.says("When will my refund arrive?");
  await ming.getsOffer("When will my refund arrive?");
  await ming.offer().getByTestId("accept").click();
  await shows("the words", theirs(ming, "When will my refund arrive?"));
  await says("how often", ming.page.getByTestId("line-window"), "1 message left");
  await wu.changes(word, "When will my tax refund arrive?");
  await shows("the new words", theirs(ming, "When will my tax refund arrive?"));
  assert.equal(await ming.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing is wider than the phone");
  await isAccessible(ming.page, "a messenger on a phone");
  await picture(ming.page, "chat-on-a-phone");
  await ming.closes();
});

test("in English and in the dark", { timeout: 90_000 }, async () => {
  const ming = await company.starts("ming", { locale: "en", colorScheme: "dark", viewport: { width: 1280, height: 800 } });
  const chen = await matrix.person("chen", "Chen Yu");
  const word = await chen.says("My refund of 3,000 has not arrived.");
  await ming.accepts("My refund of 3,000 has not arrived.");
  await ming.says("It was paid out today.");
  await chen.reacts((await chen.hears("It was paid out today.")).id, "❤");
  await chen.changes(word, "My refund of 5,000 has not arrived.");
  await chen.takesBack(await chen.says("My password is 482913."));
  await shows("the new words", theirs(ming, "My refund of 5,000 has not arrived."));
  await shows("it is taken back", ming.page.getByTestId("taken-back"));
  await ming.page.getByTestId("edited").click();
  await shows("the sign", ours(ming, "It was paid out today.").getByTestId("reactions"));
  // What happened is found again after a reload.
  await ming.page.reload();
  await shows("the new words", theirs(ming, "My refund of 5,000 has not arrived."));
  await shows("it is taken back", ming.page.getByTestId("taken-back"));
  assert.equal(await ming.page.getByTestId("timeline").getByText("482913").count(), 0);
  await says("the row", ming.page.getByTestId("row"), "A message was taken back");
  await ming.page.getByTestId("edited").click();
  await isAccessible(ming.page, "a messenger in the dark");
  await picture(ming.page, "chat-dark");
  await ming.closes();
});

test("an admin connects a messenger and sees what works", { timeout: 90_000 }, async () => {
  const root = await company.signsIn("root");
  await root.page.goto(`${house.origin}/desk/admin/channels/chat`);
  await says("what it does", root.page.getByTestId("summary"), "Matrix");
  assert.equal(await root.page.getByTestId("callback-url").innerText(), `${house.origin}/v1/callbacks/chat`);
  await root.page.getByTestId("im-check").click();
  const finding = (point) => root.page.locator(`[data-testid=finding][data-point=${point}]`);
  for (const point of ["connection", "credentials", "callback"]) {
    await shows(point, finding(point));
    assert.equal(await finding(point).getAttribute("data-passed"), "yes", `${point}: ${await finding(point).innerText()}`);
  }
  // What last came and left is told beside, and the homeserver's file is given without its tokens.
  const heard = root.page.getByTestId("door-state");
  assert.equal(await heard.getAttribute("data-state"), "called");
  await says("what came", heard.getByTestId("last-event"), "最近收到");
  await expect("it is known", async () => !(await heard.innerText()).includes("—"), 10_000);
  const [file] = await Promise.all([root.page.waitForEvent("download"), root.page.getByTestId("registration").click()]);
  assert.equal(file.suggestedFilename(), "hutong-chat.yaml");
  const yaml = readFileSync(await file.path(), "utf8");
  assert.match(yaml, /\/v1\/callbacks\/chat/u);
  assert.match(yaml, /PUT-THE-AS-TOKEN-HERE/u);
  assert.doesNotMatch(yaml, /as-token-of|hs-token-of/u);
  await isAccessible(root.page, "a messenger that was checked");
  await root.page.getByTestId("im-check").scrollIntoViewIfNeeded();
  await picture(root.page, "chat-channel");

  // A token that the homeserver does not know is told in words, and stays out of sight.
  await root.page.getByTestId("at-as_token").fill("another-token-altogether");
  await root.page.getByTestId("save").click();
  await shows("it is saved", root.page.getByTestId("toast"));
  await root.page.getByTestId("im-check").click();
  await expect("the token is refused", async () => (await finding("credentials").getAttribute("data-passed")) === "no");
  await says("in words", finding("credentials"), "平台不认可凭证");
  await picture(root.page, "chat-channel-refused");
  assert.equal(await root.page.getByTestId("at-as_token").inputValue(), "", "it is not shown again");
  assert.doesNotMatch(JSON.stringify(await house.get("/v1/settings/channels")), /another-token|hs-token-of/u);

  // One that keeps a connection tells how it stands.
  await root.page.goto(`${house.origin}/desk/admin/channels/bot`);
  const door = root.page.getByTestId("door-state");
  await expect("it is seen to fail", async () => (await door.getAttribute("data-state")) === "failing", 30_000);
  await says("how it stands", door, "无法使用");
  await says("what failed", door.getByTestId("last-error"), "出错");
  await isAccessible(root.page, "a channel that fails");
  await door.scrollIntoViewIfNeeded();
  await picture(root.page, "chat-channel-failing");

  // A new one: each network asks for its own.
  await root.page.goto(`${house.origin}/desk/admin/channels/-new`);
  await root.page.getByTestId("channel-kind").selectOption("im");
  for (const [network, field] of [["wecom", "corp_id"], ["feishu", "app_id"], ["dingtalk", "client_id"], ["telegram", "token"], ["slack", "bot_token"], ["bridge", "url"]]) {
    await root.page.getByTestId("im-network").selectOption(network);
    await shows(`${network} asks for ${field}`, root.page.getByTestId(`at-${field}`));
  }
  await root.page.getByTestId("im-network").selectOption("wecom");
  await isAccessible(root.page, "a new messenger");
  await picture(root.page, "chat-new-channel");
  await root.page.getByTestId("deed-end").fill("再见");
  await root.page.getByRole("button", { name: "添加部门" }).click();
  await root.page.getByTestId("department").getByRole("textbox").fill("税务局");
  await root.page.getByTestId("department").scrollIntoViewIfNeeded();
  await isAccessible(root.page, "what the desk does in a chat");
  await picture(root.page, "chat-new-channel-desk");
});
