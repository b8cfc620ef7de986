/** Letters of agencies, in real browsers: real mailboxes and mail servers, real gateways. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { isAccessible } from "../src/accessibility.mjs";
import { Bridge } from "../src/bridge.mjs";
import { expect } from "../src/browser.mjs";
import { House } from "../src/house.mjs";
import { writeLetter, writeReport } from "../src/letters.mjs";
import { DESK, Mail } from "../src/mail.mjs";
import { Company, chromium } from "../src/people.mjs";
import { picture } from "../src/pictures.mjs";

const WANG = { name: "王强", address: "wang@agency.example" };
const LI = { name: "李敏", address: "li@agency.example" };
const US = { name: "", address: DESK };
/** Of the sender: it tells them who reads their letter, and when. */
const PICTURES = "https://pictures.agency.example";
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

let mail, office, house, browser;
before(async () => {
  mail = await Mail.start();
  office = await Bridge.start();
  house = await House.start(1, { channels: [mail.channel("tax"), office.channel("tax")] });
  browser = await chromium.launch();
}, { timeout: 90_000 });
after(async () => {
  await browser?.close();
  await house?.close();
  await office?.close();
  await mail?.close();
});

const company = new Company(() => ({ house, browser }));
const signsIn = (...words) => company.signsIn(...words);
const starts = (...words) => company.starts(...words);
beforeEach(() => company.leave());
// One failure is one: what it left open would fail those after it.
afterEach(async (t) => {
  if (!t.passed) await house.closesAll();
});
const writes = (letter) => mail.writes(letter.from.address, letter.envelope ?? DESK, writeLetter({ to: [US], ...letter }));

const theirs = (agent) => agent.page.getByTestId("letter-contact");
const ours = (agent) => agent.page.getByTestId("letter-agent");
const shows = (what, where) => expect(what, () => where.isVisible());
const says = (what, where, text) => expect(`${what}: ${text}`, async () => (await where.innerText()).includes(text));
/** Takes the letter that is offered, and has it before them. */
const takes = async (agent, words) => {
  await agent.getsOffer(words);
  await agent.offer().filter({ hasText: words }).getByTestId("accept").click();
  await agent.row(words).click();
  await shows(`${agent.name} reads "${words}"`, theirs(agent).filter({ hasText: words }));
};
/** Writes a letter that is held for a moment. */
const holds = async (agent, text) => {
  await agent.page.getByTestId("composer").fill(text);
  await agent.page.getByTestId("send").click();
  await shows("it is held", agent.page.getByTestId("held"));
};
const answers = async (agent, text) => {
  await holds(agent, text);
  await agent.page.getByTestId("send-now").click();
  await shows(`the letter "${text}" is among the others`, ours(agent).filter({ hasText: text }));
};

test("an agency writes in GB18030, is answered, writes again, and everybody is answered", { timeout: 120_000 }, async () => {
  const fang = await starts("fang");
  const ming = await starts("ming");
  const fetched = [];
  await ming.page.context().route(`${PICTURES}/**`, (route) => {
    fetched.push(new URL(route.request().url()).pathname);
    return route.fulfill({ contentType: "image/png", body: PIXEL });
  });
  const words = "您好：我单位三月份申报的退税至今未到账，申报清单见附件，请协助核查。";
  const quote = "经办人𠮷田：清单已经整理好，请报给平台。";
  await writes({
    id: "1@agency.example", from: WANG, cc: [LI], subject: "关于退税进度的询问",
    text: `${words}\r\n\r\n联系人：王强，电话 0571-8888 0000\r\n\r\n------------------ 原始邮件 ------------------\r\n`
      + `发件人: "李敏" <li@agency.example>;\r\n发送时间: 2026年11月20日(星期五) 上午9:30\r\n收件人: "王强"<wang@agency.example>;\r\n主题: 退税申报\r\n\r\n${quote}`,
    html: `<html><head><meta charset="gb18030"><script>new Image().src="${PICTURES}/ran.png"</script></head>`
      + `<body onload="new Image().src='${PICTURES}/ran.png'"><p>${words}</p><p style="color:#c00000">联系人：<b>王强</b>，电话 0571-8888 0000</p>`
      + `<p><img src="${PICTURES}/logo.png" alt="单位徽标" width="120" height="40"></p><img src="data:," width="1" height="1" onerror="new Image().src='${PICTURES}/ran.png'">`
      + `<div>------------------ 原始邮件 ------------------</div><div>发件人: "李敏" &lt;li@agency.example&gt;;</div>`
      + `<div>发送时间: 2026年11月20日(星期五) 上午9:30</div><div>收件人: "王强"&lt;wang@agency.example&gt;;</div><div>主题: 退税申报</div><p>${quote}</p></body></html>`,
    files: [{ name: "申报清单.txt", type: "text/plain; charset=utf-8", bytes: Buffer.from("三月份：12 笔") }],
  });

  // Ming knows taxes; Fang is as free, and does not.
  await ming.getsOffer("三月份申报的退税");
  await says("the offered subject", ming.page.getByTestId("offer-subject"), "关于退税进度的询问");
  await says("the offered sender", ming.page.getByTestId("offer-from"), WANG.address);
  assert.match(await ming.page.getByTestId("offer-due").innerText(), /\d{2}:\d{2}/u);
  await takes(ming, "三月份申报的退税");
  assert.equal(await fang.offer().count(), 0);
  assert.equal(await fang.page.getByTestId("row").count(), 0);
  const letter = theirs(ming);
  await says("the subject", letter.getByTestId("letter-subject"), "关于退税进度的询问");
  await says("the head", ming.page.getByTestId("head-subject"), "关于退税进度的询问");
  await says("the row", ming.page.getByTestId("row-subject"), "关于退税进度的询问");
  await says("the sender", letter.locator(".letter-names"), "王强");
  await says("the sender", letter.locator(".letter-names"), WANG.address);
  assert.equal(await letter.getByTestId("letter-trust").getAttribute("data-trust"), "verified");
  await shows("the file", letter.getByTestId("file").filter({ hasText: "申报清单.txt" }));
  const envelope = letter.getByTestId("letter-envelope");
  await says("who reads along", envelope, "抄送 李敏");
  assert.equal(await letter.getByText(LI.address).isVisible(), false, "it is folded");
  await envelope.click();
  await shows("the whole envelope", letter.getByText(LI.address));
  await envelope.click();

  const body = letter.locator(".letter-body");
  await says("the words", body, words);
  assert.equal((await body.innerText()).includes("清单已经整理好"), false, "what is quoted is folded");
  await letter.getByTestId("letter-quoted").click();
  await says("what is quoted", letter.getByTestId("letter-rest"), quote);
  await isAccessible(ming.page, "a letter with what it quotes");

  // The sender's looks: no script, and nothing from elsewhere unless it is wanted.
  await letter.getByTestId("letter-formatted").click();
  const frame = letter.getByTestId("letter-html").locator("iframe");
  const page = frame.contentFrame();
  await shows("the looks", page.getByText("电话 0571-8888 0000"));
  assert.equal(await page.getByText("电话 0571-8888 0000").evaluate((element) => getComputedStyle(element).color), "rgb(192, 0, 0)");
  assert.doesNotMatch(await frame.getAttribute("sandbox"), /allow-(?:scripts|same-origin)/u);
  await says("the pictures", letter.getByTestId("letter-images"), "1 张外部图片未加载");
  // It stands as high as the letter seems, and as high as its reader wants.
  const height = async () => (await letter.getByTestId("letter-frame").boundingBox()).height;
  assert.ok((await height()) > 150 && (await height()) <= 480, `${await height()} px`);
  const before = await height();
  await letter.getByTestId("letter-larger").click();
  assert.ok((await height()) > before);
  await letter.getByTestId("letter-larger").click();
  assert.equal(await height(), before);
  await isAccessible(ming.page, "a letter in its sender's looks");
  assert.deepEqual(fetched, []);
  await letter.getByTestId("letter-images-load").click();
  await expect("the picture", () => page.getByAltText("单位徽标").evaluate((image) => image.complete && image.naturalWidth > 0));
  assert.deepEqual(fetched, ["/logo.png"]);
  await letter.getByTestId("letter-formatted").click();
  await letter.getByTestId("letter-headers-open").click();
  await says("the head fields", ming.page.getByTestId("letter-headers"), "1@agency.example");
  await shows("their names as people know them", ming.page.getByTestId("letter-headers").getByRole("rowheader", { name: "Message-ID", exact: true }));
  await ming.page.keyboard.press("Escape");

  // Answered to the sender alone, with a file, at once.
  assert.equal(await ming.page.getByTestId("mode-reply").getAttribute("aria-checked"), "true");
  assert.equal(await ming.page.getByTestId("mail-whom").innerText(), "发给 王强 <wang@agency.example>");
  await says("who is left out", ming.page.getByTestId("mail-out"), "李敏");

  // A quick reply goes where it is asked for, and takes nothing away.
  const composer = ming.page.getByTestId("composer");
  await composer.fill("王强：");
  await ming.page.getByTestId("quick").click();
  await ming.page.keyboard.type("hel");
  await ming.page.keyboard.press("Enter");
  assert.equal(await composer.inputValue(), "王强： 您好！");
  await ming.page.keyboard.type("见附件。");
  assert.equal(await composer.inputValue(), "王强： 您好！见附件。");
  await shows("the missing file is missed", ming.page.getByTestId("forgotten"));

  // A file that is too large holds the letter back until it is taken away.
  await ming.page.getByTestId("file-input").setInputFiles({ name: "录像.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(20 * 1024 * 1024 + 1) });
  const large = ming.page.locator("[data-testid=upload][data-state=failed]");
  await says("why it cannot go", large, "不能超过 20 MB");
  assert.equal(await ming.page.getByTestId("send").isDisabled(), true);
  await isAccessible(ming.page, "a file that is too large");
  await large.getByRole("button", { name: "移除 录像.mp4" }).click();

  // Files come by drop and by paste; copied words stay words.
  const gives = (type, name, text) => composer.evaluate((area, [kind, file, words]) => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], file, { type: "text/plain" }));
    if (words) data.setData("text/plain", words);
    if (words) data.setData("text/html", `<b>${words}</b>`);
    const more = { bubbles: true, cancelable: true };
    area.dispatchEvent(kind === "drop" ? new DragEvent("drop", { ...more, dataTransfer: data }) : new ClipboardEvent("paste", { ...more, clipboardData: data }));
  }, [type, name, text]);
  await gives("drop", "拖入.txt");
  await gives("paste", "粘贴.txt");
  await gives("paste", "图片.txt", "复制的文字");
  for (const name of ["拖入.txt", "粘贴.txt"]) {
    const row = ming.page.locator("[data-testid=upload][data-state=ready]").filter({ hasText: name });
    await shows(`${name} is there`, row);
    await row.getByRole("button", { name: `移除 ${name}` }).click();
  }
  assert.equal(await ming.page.getByTestId("upload").count(), 0);
  await ming.page.getByTestId("file-input").setInputFiles({ name: "办理说明.txt", mimeType: "text/plain", buffer: Buffer.from("三个工作日") });
  await shows("the file is there", ming.page.locator("[data-testid=upload][data-state=ready]"));
  await answers(ming, "已受理，预计三个工作日内到账。");
  const first = await mail.reaches(WANG.address, "已受理，预计三个工作日内到账。");
  assert.deepEqual(first.ids("In-Reply-To"), ["1@agency.example"]);
  assert.equal(first.field("From"), `王明 <${DESK}>`);
  assert.deepEqual(first.addresses("To"), [WANG.address]);
  assert.equal(first.field("Cc"), "");
  assert.equal(first.field("Subject"), "Re: 关于退税进度的询问");
  assert.deepEqual(first.files, [{ name: "办理说明.txt", bytes: Buffer.from("三个工作日") }]);

  // Their answer, with a quote, goes to the address that we gave, and lands in the same conversation.
  const [address] = first.addresses("Reply-To");
  const [id] = first.ids("Message-ID");
  await writes({
    id: "2@agency.example", from: WANG, to: [{ name: "市政务服务", address }], envelope: address, cc: [LI],
    subject: "Re: 关于退税进度的询问", ids: ["1@agency.example", id],
    text: "收到。能否同时说明利息如何计算？\r\n\r\n在 2026年11月26日，市政务服务 写道：\r\n> 已受理，预计三个工作日内到账。",
  });
  const second = theirs(ming).filter({ hasText: "利息如何计算" });
  await shows("the answer", second);
  assert.equal(await theirs(ming).count(), 2);
  assert.equal(await ming.page.getByTestId("row").count(), 1);
  assert.equal((await second.locator(".letter-body").innerText()).includes("已受理"), false);

  await ming.page.getByTestId("mode-reply-all").click();
  await says("whom it reaches", ming.page.getByTestId("mail-whom"), "抄送 李敏");
  assert.equal(await ming.page.getByTestId("mail-out").count(), 0, "nobody is left out");
  await ming.page.getByTestId("mail-edit").click();
  const chips = (name) => ming.page.getByTestId(name).getByTestId("chip").allInnerTexts();
  assert.match((await chips("mail-to")).join(), /^王强\s+wang@agency\.example$/u);
  assert.match((await chips("mail-cc")).join(), /^李敏\s+li@agency\.example$/u);
  // The desk does not write to itself.
  await ming.page.getByTestId("mail-cc").getByRole("combobox").fill(`${DESK},`);
  await says("whom it cannot reach", ming.page.getByTestId("mail-problem"), "本服务台自己的地址");
  await ming.page.getByTestId("mail-cc").getByRole("button", { name: `移除 ${DESK}` }).click();
  assert.equal(await ming.page.getByTestId("mail-subject").inputValue(), "Re: 关于退税进度的询问");
  await ming.page.getByTestId("composer").fill("利息按活期利率计算，随退税一并到账。");
  await isAccessible(ming.page, "an answer to all");
  await picture(ming.page, "letter-to-all");
  await answers(ming, "利息按活期利率计算，随退税一并到账。");
  for (const one of [WANG, LI]) {
    const all = await mail.reaches(one.address, "利息按活期利率计算，随退税一并到账。");
    assert.deepEqual(all.ids("In-Reply-To"), ["2@agency.example"]);
    assert.deepEqual(all.addresses("To"), [WANG.address]);
    assert.deepEqual(all.addresses("Cc"), [LI.address]);
  }
  assert.equal(mail.letters(LI.address).length, 1, "the first answer was for the sender alone");
  await picture(ming.page, "letter");
  await ming.closes();
  assert.equal(await fang.offer().count(), 0);
});

test("who wrote a letter also writes from the messenger, and is known", { timeout: 90_000 }, async () => {
  const ming = await starts("ming");
  const zhao = { name: "赵敏", address: "zhao@agency.example" };
  await writes({ id: "zhao-1@agency.example", from: zhao, subject: "关于发票领用", text: "我单位需要领用发票，请问流程。" });
  await takes(ming, "我单位需要领用发票");
  await office.says(house.origin, { id: "zhao.min", name: "赵敏", departments: ["市政府", "税务局"], email: "Zhao@Agency.example", phone: "+8657188880000" }, "信里的事急，麻烦先看。");
  await ming.accepts("信里的事急，麻烦先看。");

  // Why, and where.
  const panel = ming.page.getByRole("complementary", { name: "联系人" });
  const fellow = panel.getByTestId("fellow");
  await says("the same person", fellow, "赵敏");
  await says("why", fellow, "已核验邮箱相同");
  await says("where", fellow, "zhao@agency.example");
  await says("the department", panel, "市政府 / 税务局");
  await isAccessible(ming.page, "a person on two channels");
  await fellow.scrollIntoViewIfNeeded();
  await picture(ming.page, "same-person");

  // From the letter's side: the chat is open.
  await ming.row("发票领用").click();
  await says("open", fellow, "会话进行中");
  await ming.row("信里的事急").click();

  // The answer goes where the words came from; no letter is written.
  await ming.says("已看到，马上处理。");
  await office.hears("已看到，马上处理。");
  assert.equal(mail.letters(zhao.address).length, 0);

  // Told apart, and taken back.
  await fellow.getByTestId("fellow-change").click();
  await says("told apart", panel, "已分开");
  await isAccessible(ming.page, "a person who was told apart");
  await picture(ming.page, "same-person-separated");
  await fellow.getByTestId("fellow-change").click();
  await says("the same again", fellow, "不是同一人");
  assert.equal(await panel.getByText("已分开").count(), 0);
});

test("a letter that is taken back is not sent, and one that bounces is marked", { timeout: 60_000 }, async () => {
  const zhao = { name: "赵刚", address: "zhao@bureau.example" };
  const ming = await starts("ming");
  await writes({ id: "1@bureau.example", from: zhao, subject: "发票系统登录", text: "我局的账号登录不了发票系统。" });
  await takes(ming, "登录不了发票系统");
  assert.equal(await theirs(ming).getByTestId("letter-trust").getAttribute("data-trust"), "unverified");

  await holds(ming, "请联系税务局。");
  await ming.page.getByTestId("undo-send").click();
  await expect("it is held no more", async () => (await ming.page.getByTestId("held").count()) === 0);
  await expect("it is a draft again", async () => (await ming.page.getByTestId("composer").inputValue()) === "请联系税务局。");
  assert.equal(await ours(ming).count(), 0);
  await answers(ming, "账号已经解锁，请再试一次。");
  const answer = await mail.reaches(zhao.address, "账号已经解锁，请再试一次。");
  // Letters of a conversation leave in order: one before this would have arrived.
  assert.deepEqual(mail.letters(zhao.address).map(({ text }) => text), ["账号已经解锁，请再试一次。"]);
  assert.equal(await ours(ming).count(), 1);

  // Meanwhile the agent is with somebody else.
  const qian = { name: "钱伟", address: "qian@school.example" };
  await writes({ id: "1@school.example", from: qian, subject: "社保问题", text: "请问如何补缴？" });
  await takes(ming, "请问如何补缴");
  assert.equal(await ming.page.getByTestId("row-undelivered").count(), 0);
  const [about] = answer.ids("Message-ID");
  await mail.writes("", DESK, writeReport({ id: "d1@mx.agency.example", to: DESK, recipient: zhao.address, why: "550 5.1.1 no such user", about }));
  const mark = ming.row("发票系统登录").getByTestId("row-undelivered");
  await says("the row", mark, "未送达");
  await expect("the title counts it", async () => (await ming.page.title()).startsWith("(1)"));
  await isAccessible(ming.page, "a letter that came back to another conversation");
  // A reload does not forget it.
  await ming.page.reload();
  await says("the row", mark, "未送达");
  const toast = ming.page.getByTestId("toast").filter({ hasText: zhao.address });
  await shows("the agent is called", toast);
  await toast.getByTestId("toast-action").click();
  const notice = ming.page.locator("[data-testid=undelivered][data-permanent=true]");
  await shows("the agent is told", notice);
  await says("to whom", notice, zhao.address);
  await says("why", notice, "no such user");
  await shows("the letter is marked", ours(ming).getByTestId("letter-failed"));
  await isAccessible(ming.page, "a letter that did not arrive");
  await expect("it was looked at", async () => !(await ming.page.title()).startsWith("("));
  await says("it is still not delivered", mark, "未送达");
  // Whoever writes again has dealt with it.
  await answers(ming, "请换一个邮箱联系我们。");
  await expect("the row is quiet again", async () => (await mark.count()) === 0);
  await ming.closes();
  await ming.row("社保问题").click();
  await ming.closes();
});

test("a supervisor tries stuck mail again, and an admin gives it up", { timeout: 60_000 }, async () => {
  await mail.writes("", DESK, writeReport({ id: "d2@mx.agency.example", to: DESK, recipient: "nobody@agency.example", why: "550 no such user", about: "x@elsewhere.example" }));
  await expect("it is stuck", async () => (await house.get("/v1/quarantine", "sun")).length === 1);
  const sun = await signsIn("sun");
  await says("the rail counts it", sun.page.getByTestId("count-letters"), "1");
  await sun.page.getByTestId("go-letters").click();
  await shows("the row", sun.page.getByTestId("stuck-row"));
  await says("what it is", sun.page.getByTestId("stuck-row"), "投递报告");
  await isAccessible(sun.page, "the list of stuck mail");
  await sun.page.getByTestId("stuck-row").click();
  const stuck = sun.page.getByTestId("stuck-letter");
  await shows("the letter", stuck);
  assert.equal(await stuck.getAttribute("data-reason"), "report");
  await says("how often it was tried", sun.page.getByTestId("stuck-row"), "已尝试 1 次");
  // Its head is read when it is opened, and the row knows it from then on.
  await says("from whom", stuck, "mailer-daemon@");
  await says("the row", sun.page.getByTestId("stuck-row"), "mailer-daemon@");
  // The gateway's own words are kept apart, and trying a report again is not what comes first.
  const technical = stuck.getByTestId("stuck-technical");
  assert.equal(await technical.getAttribute("open"), null);
  await technical.locator("summary").click();
  await says("the gateway's words", technical, "it reports of no letter of ours");
  assert.match(await stuck.getByTestId("stuck-download").getAttribute("class"), /ui-button-primary/u);
  assert.doesNotMatch(await stuck.getByTestId("stuck-retry").getAttribute("class"), /ui-button-primary/u);
  await stuck.getByTestId("stuck-retry").click();
  await says("how often it was tried", sun.page.getByTestId("stuck-row"), "已尝试 2 次");
  await shows("it stays", stuck);
  assert.equal(await sun.page.getByTestId("stuck-give-up").count(), 0, "only admins give letters up");
  await isAccessible(sun.page, "stuck mail");
  await picture(sun.page, "stuck-mail");

  const root = await signsIn("root", { locale: "en", colorScheme: "dark" });
  await root.page.getByTestId("go-letters").click();
  await root.page.getByTestId("stuck-row").click();
  await root.page.getByTestId("stuck-give-up").click();
  await isAccessible(root.page, "the question whether to give it up");
  await root.page.getByTestId("give-up-sure").click();
  await expect("it is gone", async () => (await root.page.getByTestId("stuck-row").count()) === 0);
  assert.deepEqual(await house.get("/v1/quarantine", "sun"), []);
  await expect("nothing is counted", async () => (await root.page.getByTestId("count-letters").count()) === 0);
});

test("an admin writes rules of a mailbox and tries them on a letter", { timeout: 60_000 }, async () => {
  const root = await signsIn("root");
  await root.page.goto(`${house.origin}/desk/admin/channels/mail`);
  const door = root.page.getByTestId("mailbox-state");
  await expect("the mailbox is seen to be connected", async () => (await door.getAttribute("data-state")) === "open");
  await says("how it stands", door, "已连接");
  await picture(root.page, "mailbox-state");
  const rules = root.page.getByTestId("mail-rules");
  await rules.getByRole("button", { name: "添加规则" }).click();
  await rules.getByLabel("主题包含").fill("投诉");
  await rules.getByLabel("诉求类型").selectOption("complaint");
  await rules.getByRole("button", { name: "添加规则" }).click();
  await rules.getByLabel("发件人域名").fill("agency.example");
  await rules.getByLabel("服务对象").selectOption("agency");
  const row = (n) => rules.getByTestId("mail-rule").nth(n);
  await says("the first rule", row(0), "主题含“投诉”");
  await says("the second rule", row(1), "来自 agency.example");
  await says("where it leads", row(1), "进入“税务咨询”队列");
  await rules.getByTestId("rule-try-from").fill("li@tax.agency.example");
  await rules.getByTestId("rule-try-subject").fill("关于投诉的回复");
  await says("which is taken", rules.getByTestId("rule-try-result"), "规则 1");
  await row(1).getByTestId("rule-up").click();
  await says("the first rule now", row(0), "来自 agency.example");
  await says("what is taken now", rules.getByTestId("rule-try-result"), "服务对象为使用机构");
  await isAccessible(root.page, "the rules of a mailbox");
  await picture(root.page, "mail-rules");
});

test("on a phone nothing speaks of keys that are not there", { timeout: 60_000 }, async () => {
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
  const ming = await starts("ming", phone);
  await writes({ id: "3@agency.example", from: WANG, cc: [LI], subject: "手机上看的信", text: "请在手机上回复这封信。" });
  await ming.getsOffer("请在手机上回复这封信。");
  assert.equal(await ming.offer().locator("kbd").first().isVisible(), false);
  await ming.offer().getByTestId("accept").click();
  // It opens in the place of the list.
  await shows("the letter", theirs(ming).filter({ hasText: "请在手机上回复这封信。" }));
  // Whoever reads along is in sight, not cut off.
  const words = theirs(ming).locator(".letter-fold-words");
  await says("who reads along", words, "抄送 李敏");
  assert.equal(await words.evaluate((one) => one.scrollWidth <= one.clientWidth), true, "the line is whole");
  const composer = ming.page.getByTestId("composer");
  assert.doesNotMatch(await composer.getAttribute("placeholder"), /Ctrl|Enter/u);
  assert.equal(await ming.page.getByTestId("send").locator("kbd").isVisible(), false);
  await says("who is left out", ming.page.getByTestId("mail-out"), "李敏");
  assert.equal(await ming.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing is wider than the phone");
  await isAccessible(ming.page, "a letter on a phone");
  await picture(ming.page, "letter-on-a-phone");
  await ming.closes();
});
