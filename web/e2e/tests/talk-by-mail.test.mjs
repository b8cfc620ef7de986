/** A chat that goes on by mail, in real browsers: real mailboxes and mail servers, a real gateway. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAccessible } from "../src/accessibility.mjs";
import { expect } from "../src/browser.mjs";
import { House } from "../src/house.mjs";
import { writeLetter } from "../src/letters.mjs";
import { DESK, Mail } from "../src/mail.mjs";
import { Agent, Visitor, chromium } from "../src/people.mjs";
import { picture } from "../src/pictures.mjs";

const WANG = { name: "王强", address: "wang@agency.example" };
const PHONE = { viewport: { width: 360, height: 740 } };

let mail, house, browser;
before(async () => {
  mail = await Mail.start();
  const website = { mail: { channel: "mail", after_secs: 5 } };
  house = await House.start(1, { channels: [mail.channel("tax")], website });
  browser = await chromium.launch();
}, { timeout: 90_000 });
after(async () => {
  await browser?.close();
  await house?.close();
  await mail?.close();
});

const shows = (what, where) => expect(what, () => where.isVisible());

test("a visitor leaves an address and the page, is answered by mail, answers, and finds all of it in the chat", { timeout: 120_000 }, async () => {
  const ming = await Agent.signsIn(browser, house.origin, "ming", house.passwords.ming);
  const visitor = await Visitor.comes(browser, house.origin, PHONE);
  await visitor.asks("税务", "我的退税到哪一步了？");
  const line = visitor.panel.locator(".ask-line");
  await shows("the offer to leave an address", line);
  await picture(visitor.page, "widget-mail-offer-zh");
  await line.getByRole("button").click();
  await visitor.panel.getByLabel("邮箱地址").fill(WANG.address);
  await isAccessible(visitor.page, "asked for an address");
  await picture(visitor.page, "widget-mail-address-zh");
  await visitor.panel.locator(".ask-question button[type=submit]").click();
  await shows("where answers go", visitor.panel.locator(".mail-sent"));
  await visitor.panel.locator(".ask-question .button").click();
  await expect("the address is hidden", async () => (await line.innerText()).includes("w…@agency.example"));
  await picture(visitor.page, "widget-mail-left-zh");

  await ming.isReady();
  await ming.accepts("我的退税到哪一步了？");
  await expect("the agent sees the address", async () => (await ming.page.getByTestId("timeline").innerText()).includes(WANG.address));
  const { context, page } = { context: visitor.page.context(), page: visitor.page };
  await page.goto("about:blank");
  await ming.says("已经退到原账户，请查收。");
  const letter = await expect("the letter", () => mail.letters(WANG.address).find((one) => one.text.includes("已经退到原账户，请查收。")));
  assert.equal(mail.letters(WANG.address).length, 1);
  assert.match(letter.field("From"), /@city\.example/u);
  await expect("the agent sees that it went by mail", async () => (await ming.page.getByTestId("timeline").innerText()).includes("已同时发到其邮箱"));
  const ids = letter.ids("Message-ID");
  await mail.writes(WANG.address, DESK, writeLetter({ id: "1@agency.example", from: WANG, to: [{ name: "", address: DESK }], subject: "Re: x", ids, text: "没有收到，是哪个账户？" }));
  await shows("the answer is in the same conversation", ming.page.getByTestId("timeline").getByText("没有收到，是哪个账户？").first());
  await picture(ming.page, "desk-mail-in-chat-zh");

  const back = await context.newPage();
  await back.goto(`${house.origin}/demo/index.html`);
  const again = new Visitor(back, "zh-CN");
  await expect("the chat is open", async () => {
    if (!(await again.panel.locator("ol.rows").isVisible())) await back.locator("hutong-chat button").click();
    return again.panel.locator("ol.rows").isVisible();
  });
  for (const text of ["已经退到原账户，请查收。", "没有收到，是哪个账户？"]) await again.sees(text);
  await picture(back, "widget-mail-back-zh");
  await ming.closes();
  await context.close();
  await ming.leaves();
});

test("the transcript, at the end, in the visitor's language", { timeout: 120_000 }, async () => {
  const ming = await Agent.signsIn(browser, house.origin, "ming", house.passwords.ming);
  await ming.isReady();
  const visitor = await Visitor.comes(browser, house.origin, { ...PHONE, locale: "en" });
  await visitor.asks("Tax", "Where is my refund?");
  await ming.accepts("Where is my refund?");
  await ming.says("It was paid on Monday.");
  await visitor.sees("It was paid on Monday.");
  await ming.notes("内部备注");
  await ming.closes();
  await shows("the offer", visitor.panel.locator(".mail-offer"));
  await picture(visitor.page, "widget-transcript-offer-en");
  await visitor.panel.locator(".mail-offer").click();
  await visitor.panel.getByLabel("Mail address").fill("li@agency.example");
  await picture(visitor.page, "widget-transcript-en");
  await visitor.panel.locator(".ask-question button[type=submit]").click();
  await shows("it is on its way", visitor.panel.locator(".mail-sent"));
  await isAccessible(visitor.page, "the transcript is on its way");
  await picture(visitor.page, "widget-transcript-sent-en");
  const letter = await expect("the transcript", () => mail.automatic("li@agency.example")[0]);
  for (const said of ["You:", "Where is my refund?", "It was paid on Monday."]) assert.ok(letter.text.includes(said), letter.text);
  assert.equal(letter.text.includes("内部备注"), false);
  await visitor.leaves();
  await ming.leaves();
});
