/** What agents, supervisors and admins do at the desk all day, in real browsers on a real gateway. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { isAccessible } from "../src/accessibility.mjs";
import { expect } from "../src/browser.mjs";
import { House } from "../src/house.mjs";
import { Company, chromium } from "../src/people.mjs";

let house, browser;
before(async () => {
  house = await House.start(1);
  browser = await chromium.launch();
}, { timeout: 60_000 });
after(async () => {
  await browser?.close();
  await house?.close();
});

const company = new Company(() => ({ house, browser }));
const signsIn = (...words) => company.signsIn(...words);
const starts = (...words) => company.starts(...words);
const comes = (...words) => company.comes(...words);
beforeEach(() => company.leave());
// One failure is one: what it left open would fail those after it.
afterEach(async (t) => {
  if (!t.passed) await house.closesAll();
});
const dialog = (agent, name) => agent.page.getByTestId(`${name}-dialog`);
const isGone = (agent, name) => expect(`the dialog ${name} is gone`, async () => (await dialog(agent, name).count()) === 0);

test("an agent declines with a reason, by the mouse and by the keyboard, and a colleague gets it", { timeout: 60_000 }, async () => {
  const ming = await starts("ming");
  await comes("税务", "退税金额不对");
  await ming.getsOffer("退税金额不对");
  await ming.page.getByTestId("decline").click();
  await ming.page.getByRole("menuitem", { name: "不是我负责的业务" }).click();
  await ming.getsNoOffer("退税金额不对");
  await ming.hasPresence("ready");

  const li = await starts("li");
  await li.getsOffer("退税金额不对");
  await li.page.locator("body").click({ position: { x: 700, y: 880 } });
  await expect("the dialog of reasons", async () => {
    await li.page.keyboard.press("Escape");
    return dialog(li, "decline").isVisible();
  });
  await li.page.keyboard.press("2");
  await isGone(li, "decline");
  await li.getsNoOffer("退税金额不对");
  // Everybody declined: the supervisor finds it waiting, and gives it to somebody by hand.
  const sun = await signsIn("sun");
  await sun.looksAt("queue");
  await sun.row("退税金额不对").click();
  await sun.page.getByTestId("assign").click();
  await dialog(sun, "assign").getByRole("radio", { name: /王明/u }).check();
  await sun.page.getByTestId("assign-submit").click();
  await isGone(sun, "assign");
  await ming.holds("退税金额不对");
  await ming.opens("退税金额不对");
  await ming.closes();
});

test("a reply, a note, a file, a quick reply: the visitor gets what is theirs and nothing else", { timeout: 60_000 }, async () => {
  const ming = await starts("ming");
  const visitor = await comes("税务", "怎么开发票？");
  await ming.accepts("怎么开发票？");
  await ming.notes("此人上周来过");
  await ming.says("请看附件");
  await visitor.sees("请看附件");

  await ming.page.getByTestId("file-input").setInputFiles({ name: "说明.txt", mimeType: "text/plain", buffer: Buffer.from("开票说明") });
  await expect("the file is there", () => ming.page.locator("[data-testid=upload][data-state=ready]").isVisible());
  await ming.page.getByTestId("send").click();
  await expect("the visitor has the file", () => visitor.panel.getByText("说明.txt").first().isVisible());
  await expect("the agent sees the file", () => ming.page.getByTestId("timeline").getByText("说明.txt").first().isVisible());

  const composer = ming.page.getByTestId("composer");
  await composer.fill("");
  await composer.pressSequentially("/hel");
  await expect("the quick reply", () => ming.page.getByRole("option", { name: /您好/u }).isVisible());
  await composer.press("Enter");
  await expect("it is in the composer", async () => (await composer.inputValue()) === "您好！");
  await composer.press("Enter");
  await visitor.sees("您好！");
  await visitor.neverSaw("此人上周来过");

  // Words that reach a closed panel are delivered, and read when it is opened.
  await visitor.page.evaluate(() => window.Hutong.close());
  await ming.says("还有别的问题吗？");
  await expect("it is delivered", () => ming.page.getByTestId("mark-received").isVisible());
  await visitor.page.evaluate(() => window.Hutong.open());
  await expect("it is read", async () =>
    (await ming.page.getByTestId("mark-received").count()) === 0 && ming.page.getByTestId("mark-read").isVisible());

  // A draft survives a reload, and says for which mode it was.
  await ming.page.getByTestId("mode-note").click();
  await composer.fill("没写完的备注");
  await ming.page.reload();
  await expect("the draft is back", async () => (await composer.inputValue()) === "没写完的备注");
  await expect("it is for a note", async () => (await ming.page.getByTestId("mode-note").getAttribute("aria-checked")) === "true");
  await composer.fill("");
  await ming.page.getByTestId("mode-reply").click();

  // What was chosen stands, also while the gateway takes its time and other things happen.
  const type = ming.page.getByTestId("request-type");
  let goOn;
  const held = new Promise((done) => { goOn = done; });
  await ming.page.route("**/describe", async (route) => {
    await held;
    await route.continue();
  });
  await type.selectOption("complaint");
  await visitor.says("我想投诉");
  await ming.sees("我想投诉");
  assert.equal(await type.inputValue(), "complaint");
  goOn();
  await expect("the request type is kept", async () => {
    const list = await house.get("/v1/desk", "ming");
    return list.conversations[0]?.info.request_type === "complaint";
  });
  assert.equal(await type.inputValue(), "complaint");
  await ming.closes();
  await visitor.isOver();
});

test("a transfer with a note reaches a colleague, who sees everything", { timeout: 60_000 }, async () => {
  const ming = await starts("ming");
  const visitor = await comes("税务", "我要改社保基数");
  await ming.accepts("我要改社保基数");
  await ming.page.getByTestId("timeline").click();
  await ming.page.keyboard.press("t");
  await dialog(ming, "transfer").getByRole("radio", { name: /李娜/u }).check();
  await dialog(ming, "transfer").getByLabel("备注").fill("社保问题，请接着办");
  await ming.page.getByTestId("transfer-submit").click();
  await isGone(ming, "transfer");
  const li = await starts("li");
  await li.accepts("我要改社保基数");
  await expect("the note came along", () => li.page.getByTestId("message-note").getByText("社保问题，请接着办").isVisible());
  await li.says("我来继续");
  await visitor.sees("我来继续");
  await visitor.neverSaw("社保问题，请接着办");
  await expect("Ming holds it no more", async () => (await ming.page.getByTestId("row").count()) === 0);
  await li.closes();
});

test("a snoozed conversation rests in its agent's list and wakes with the visitor's word", { timeout: 60_000 }, async () => {
  const ming = await starts("ming");
  const visitor = await comes("税务", "材料晚点补");
  await ming.accepts("材料晚点补");
  await ming.page.getByTestId("timeline").click();
  await ming.page.keyboard.press("s");
  await dialog(ming, "snooze").getByRole("button", { name: /一小时后/u }).click();
  await isGone(ming, "snooze");
  await expect("it rests in the list", () => ming.page.locator("[data-testid=row][data-state=snoozed]").isVisible());
  await visitor.says("材料补好了");
  await ming.accepts("材料补好了");
  await ming.closes();
});

test("wrap-up counts down, takes notes, and ends early; the conversation is then found as done", { timeout: 60_000 }, async () => {
  const fang = await starts("fang");
  const visitor = await comes("公积金", "提取公积金要什么材料？");
  await fang.accepts("提取公积金要什么材料？");
  await fang.says("身份证和购房合同");
  await visitor.sees("身份证和购房合同");
  await fang.page.getByTestId("close").click();
  await dialog(fang, "close").getByRole("radio", { name: "已转办" }).check();
  await fang.page.getByTestId("close-submit").click();
  await expect("the wrap-up", () => fang.page.getByTestId("wrap-up").isVisible());
  await fang.notes("已告知材料清单");
  await fang.page.getByTestId("end-wrap-up").click();
  await expect("the wrap-up is over", async () => !(await fang.page.getByTestId("wrap-up").isVisible()));
  await fang.looksAt("done");
  await expect("it is among what is done", () => fang.row("住房公积金").first().isVisible());
  await fang.page.getByRole("searchbox").fill("购房合同");
  await fang.holds("购房合同");
  await fang.row("购房合同").click();
  await fang.sees("身份证和购房合同");
  await expect("it says how it ended", () => fang.page.getByText(/已转办/u).first().isVisible());
});

test("a supervisor whispers, and takes over", { timeout: 60_000 }, async () => {
  const ming = await starts("ming");
  const visitor = await comes("税务", "我要投诉");
  await ming.accepts("我要投诉");
  const sun = await starts("sun");
  const [one] = (await house.get("/v1/desk", "ming")).conversations;
  await sun.page.goto(`${house.origin}/desk/work/queue/${one.id}`);
  await sun.sees("我要投诉");
  await sun.notes("先道歉");
  await expect("Ming sees the whisper", () => ming.page.getByTestId("message-note").getByText("先道歉").isVisible());
  await visitor.neverSaw("先道歉");
  await sun.page.getByTestId("take").click();
  await expect("she may answer", () => sun.page.getByRole("textbox", { name: "回复对方" }).isVisible());
  await sun.says("我是主管，由我来处理");
  await visitor.sees("我是主管，由我来处理");
  await expect("Ming holds it no more", async () => (await ming.page.getByTestId("row").count()) === 0);
  await sun.closes();
  await visitor.isOver();
});

test("an admin changes a queue, sees a conflict, tries a request, and gives a new password", { timeout: 60_000 }, async () => {
  const root = await signsIn("root");
  const page = root.page;
  await page.goto(`${house.origin}/desk/admin/queues/tax`);
  const editor = page.getByTestId("editor");
  await expect("the queue", () => editor.isVisible());
  const target = editor.getByLabel("应答目标（秒）");
  await target.fill("90");
  // Meanwhile another admin changes the same queue.
  const token = await house.token("root");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const queues = await house.get("/v1/settings/queues");
  const tax = queues.find((queue) => queue.id === "tax");
  const put = (value, version) => fetch(`${house.origin}/v1/settings/queues/tax`, { method: "PUT", headers, body: JSON.stringify({ version, value }) });
  assert.equal((await put({ ...tax.value, target_secs: 100 }, tax.version)).status, 200);
  await page.getByTestId("save").click();
  await expect("the conflict", () => page.getByTestId("conflict").isVisible());
  await page.getByRole("button", { name: "保留我的修改" }).click();
  await page.getByTestId("save").click();
  await expect("it is saved", async () => (await house.get("/v1/settings/queues")).find((queue) => queue.id === "tax").value.target_secs === 90);

  // The last change is taken back, which is a change of its own, and audited.
  await page.getByTestId("undo").click();
  const targetNow = async () => (await house.get("/v1/settings/queues")).find((queue) => queue.id === "tax");
  await expect("it is as before", async () => (await targetNow()).value.target_secs === 100);
  await expect("the form shows it", async () => (await target.inputValue()) === "100");
  await page.getByTestId("versions").click();
  await expect("who changed what", () => page.getByTestId("versions-dialog").getByText("应答目标").first().isVisible());
  await expect("by whom", () => page.getByTestId("versions-dialog").getByText(/管理员/u).first().isVisible());
  await isAccessible(page, "the list of changes");
  await page.keyboard.press("Escape");
  assert.match(JSON.stringify(await house.get("/v1/audit?limit=20")), /setting_undone/u);
  const undo = (id, version) => fetch(`${house.origin}/v1/settings/queues/${id}/undo`, { method: "POST", headers, body: JSON.stringify({ version }) });
  const { version } = await targetNow();
  assert.equal((await undo("tax", version - 1)).status, 409, "somebody changed it meanwhile");
  assert.equal((await undo("nobody", 1)).status, 404);
  assert.equal((await undo("tax", version)).status, 200);
  assert.equal((await targetNow()).value.target_secs, 90, "undoing again takes the undoing back");

  await page.goto(`${house.origin}/desk/admin/queues`);
  await page.getByTestId("try").click();
  await expect("the trial names who is eligible", () => page.getByTestId("trial").getByText(/王明/u).first().isVisible());

  await page.goto(`${house.origin}/desk/admin/quick_replies`);
  await page.getByTestId("new").click();
  await page.getByLabel("标识").fill("bye");
  const fields = editor.getByRole("textbox");
  for (const [n, text] of ["bye", "再见", "Goodbye", "再见！", "Goodbye!"].entries()) await fields.nth(n).fill(text);
  await page.getByTestId("save").click();
  await expect("it is stored", async () => (await house.get("/v1/settings/quick_replies")).some((reply) => reply.id === "bye"));

  await page.goto(`${house.origin}/desk/admin/agents/fang`);
  await page.getByTestId("reset-password").click();
  await expect("the password, once", async () => (await page.getByTestId("secret-text").innerText()).length > 7);
});

test("an admin connects a website: look, words, key, allowed origins, and what is missing", { timeout: 60_000 }, async () => {
  const root = await signsIn("root");
  const page = root.page;
  await page.goto(`${house.origin}/desk/admin/channels/website`);
  const editor = page.getByTestId("editor");
  await expect("the channel", () => editor.isVisible());
  await editor.getByLabel("主色的值").fill("#a01c30");
  await editor.getByLabel("问候语（中文）").fill("您好，请讲。");
  await expect("the preview follows", () => page.getByTestId("preview").getByText("您好，请讲。").isVisible());
  await page.getByTestId("make-secret").click();
  const secret = await page.getByTestId("secret-text").innerText();
  await page.getByTestId("secret").getByRole("button", { name: "我已记下" }).click();
  await page.getByTestId("check-address").fill("https://www.city.example/help");
  await page.getByTestId("check").click();
  const step = (name) => page.locator(`[data-step=${name}]`);
  await expect("the origin is missing", async () => (await step("listed").getAttribute("data-ok")) === "false");
  assert.equal(await step("secure").getAttribute("data-ok"), "false");
  assert.equal(await step("loader").getAttribute("data-ok"), "true");
  await page.getByTestId("add-origin").click();
  await expect("it is listed", async () => (await step("listed").getAttribute("data-ok")) === "true");
  assert.match(await page.getByTestId("snippet").innerText(), /data-channel="website"/u);
  await isAccessible(page, "the page of a channel");
  await page.getByTestId("save").click();
  const stored = async () => (await house.get("/v1/settings/channels"))[0].value.settings;
  await expect("it is stored", async () => (await stored()).widget?.color === "#a01c30");
  const settings = await stored();
  assert.deepEqual(settings.allowed_origins, ["https://www.city.example"]);
  assert.ok(secret.length === 64 && settings.identity_secret);
  await page.reload();
  await expect("a key is set", () => page.getByTestId("identity-state").getByText(/已设置密钥/u).isVisible());
  assert.ok(!(await editor.innerHTML()).includes(secret), "the key never comes out again");
});

test("the desk goes by the keyboard: palette, keys, moving, and answering an offer", { timeout: 60_000 }, async () => {
  const ming = await starts("ming");
  const first = await comes("税务", "第一位");
  await ming.accepts("第一位");
  await comes("税务", "第二位");
  await ming.getsOffer("第二位");
  await ming.page.getByTestId("timeline").click();
  await expect("Enter accepts", async () => {
    await ming.page.keyboard.press("Enter");
    return (await ming.offer().count()) === 0;
  });
  await expect("both are held", async () => (await ming.page.getByTestId("row").count()) === 2);
  await ming.sees("第二位");
  await ming.page.getByTestId("timeline").click();
  await ming.page.keyboard.press("k");
  await ming.sees("第一位");
  await ming.page.keyboard.press("j");
  await ming.sees("第二位");
  await ming.page.keyboard.press("Shift+?");
  await expect("the keys", () => ming.page.getByTestId("keys").isVisible());
  await ming.page.keyboard.press("Escape");
  await expect("no keys", async () => !(await ming.page.getByTestId("keys").isVisible()));
  await ming.page.keyboard.press("Control+k");
  await expect("the palette", () => ming.page.getByTestId("palette").isVisible());
  await ming.page.keyboard.type("暂离");
  await ming.page.keyboard.press("Enter");
  await ming.hasPresence("away");
  await ming.page.keyboard.press("e");
  await expect("the close dialog", () => dialog(ming, "close").isVisible());
  await ming.page.keyboard.press("Enter");
  await isGone(ming, "close");
  await ming.opens("第一位");
  await ming.closes();
  await first.isOver();
});
