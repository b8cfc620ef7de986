/** People with browsers: visitors on the sample website, agents at the desk. */
import { createHmac } from "node:crypto";
import { chromium, expect } from "./browser.mjs";
import { IDENTITY_SECRET } from "./desk.mjs";

export { chromium };

const words = {
  "zh-CN": { message: "输入消息", send: "发送", over: "本次咨询已结束", rate: "提交评价", rated: "感谢您的评价", best: "非常满意" },
  en: { message: /^Message$|message/i, send: "Send", over: /ended|over/i, rate: /submit|send rating/i, rated: /thank you/i, best: /very satisfied/i },
};

export class Visitor {
  constructor(page, locale) {
    this.page = page;
    this.words = words[locale];
    this.panel = page.frameLocator("hutong-chat iframe");
  }

  static async comes(browser, origin, { locale = "zh-CN", viewport = { width: 1280, height: 900 }, ...more } = {}) {
    const context = await browser.newContext({ locale, viewport, ...more });
    const page = await context.newPage();
    await page.goto(`${origin}/demo/${locale === "en" ? "en.html" : "index.html"}`);
    await page.locator("hutong-chat button").click();
    return new Visitor(page, locale);
  }

  /** Whom the website vouches for signs in there: `sub` is the website's own id of the person. */
  async signsIn(sub) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, exp: Math.floor(Date.now() / 1000) + 600 })}`;
    const token = `${signed}.${createHmac("sha256", IDENTITY_SECRET).update(signed).digest("base64url")}`;
    await this.page.evaluate((word) => window.Hutong.identify(word), token);
  }

  async choosesTopic(name) {
    await this.panel.locator("button.topic", { hasText: name }).click();
  }

  async asks(topic, text) {
    await this.choosesTopic(topic);
    await this.says(text);
  }

  async says(text) {
    const box = this.panel.getByLabel(this.words.message).last();
    await box.fill(text);
    await this.panel.locator("button.send").click();
    await this.sees(text);
  }

  async sees(text) {
    await expect(`the visitor sees ${text}`, () => this.panel.locator("ol.rows").getByText(text, { exact: true }).last().isVisible());
  }

  /** The words of both, in order, as they stand on the screen. */
  async transcript() {
    return this.panel.locator("ol.rows .bubble").allInnerTexts();
  }

  async rates(comment) {
    await this.panel.locator(".rating input[type=radio][value='5']").check({ force: true });
    await this.panel.locator(".rating textarea").fill(comment);
    await this.panel.locator(".rating button[type=submit]").click();
    await expect("the rating is taken", () => this.panel.locator(".rating-given").isVisible());
  }

  async isOver() {
    await expect("the conversation is over", () => this.panel.locator(".rating").isVisible());
  }

  /** Nothing of the desk's own may reach the visitor. */
  async neverSaw(text) {
    const seen = await this.panel.locator("body").innerText();
    if (seen.includes(text)) throw new Error(`the visitor sees ${text}`);
  }

  async leaves() {
    await this.page.context().close();
  }
}

export class Agent {
  constructor(page, name) {
    this.page = page;
    this.name = name;
  }

  static async signsIn(browser, origin, name, password, { locale = "zh-CN", ...more } = {}) {
    const context = await browser.newContext({ locale, viewport: { width: 1440, height: 900 }, ...more });
    const page = await context.newPage();
    await page.goto(`${origin}/desk/`);
    const form = page.getByTestId("sign-in");
    await form.locator("input[autocomplete=username]").fill(name);
    await form.locator("input[type=password]").fill(password);
    await page.getByTestId("sign-in-submit").click();
    await expect(`${name} is at the desk`, () => page.getByTestId("presence").isVisible());
    return new Agent(page, name);
  }

  async isReady() {
    // Whoever was here a moment ago may still be ready.
    const presence = this.page.getByTestId("presence");
    await expect(`${this.name} has a presence`, async () => (await presence.getAttribute("data-presence")) !== null);
    if ((await presence.getAttribute("data-presence")) !== "ready") await this.page.getByTestId("go-ready").click();
    await this.hasPresence("ready");
  }

  async hasPresence(presence, within) {
    const there = () => this.page.locator(`[data-testid=presence][data-presence=${presence}]`).isVisible();
    await expect(`${this.name} is ${presence}`, there, within);
  }

  offer() {
    return this.page.getByTestId("offer");
  }

  async getsOffer(text, within) {
    await expect(`${this.name} is offered "${text}"`, () => this.offer().filter({ hasText: text }).isVisible(), within);
  }

  async accepts(text) {
    await this.getsOffer(text);
    await this.offer().filter({ hasText: text }).getByTestId("accept").click();
    await this.opens(text);
  }

  async opens(text) {
    await expect(`${this.name} holds "${text}"`, () => this.page.getByTestId("row").first().isVisible());
    const row = this.row(text);
    await ((await row.count()) > 0 ? row.first() : this.page.getByTestId("row").first()).click();
    await this.sees(text);
  }

  async says(text) {
    await this.page.getByTestId("composer").fill(text);
    await this.page.getByTestId("send").click();
    await this.sees(text);
  }

  async sees(text) {
    const timeline = this.page.getByTestId("timeline");
    await expect(`${this.name} sees ${text}`, () => timeline.getByText(text, { exact: true }).first().isVisible());
  }

  /** The seqs and texts of what people said, as they stand on the screen. */
  async transcript() {
    return this.page.getByTestId("timeline").locator("[data-testid^=message-][data-seq]").evaluateAll((all) =>
      all.map((one) => ({ seq: Number(one.dataset.seq), text: one.querySelector(".words, .spoken-text, p")?.textContent ?? one.textContent })));
  }

  async getsNoOffer(text) {
    await expect(`the offer of "${text}" is gone`, async () => (await this.offer().filter({ hasText: text }).count()) === 0);
  }

  async notes(text) {
    await this.page.getByTestId("mode-note").click();
    await this.page.getByTestId("composer").fill(text);
    await this.page.getByTestId("send").click();
    const notes = this.page.getByTestId("timeline").getByTestId("message-note");
    await expect(`the note ${text}`, () => notes.getByText(text, { exact: true }).first().isVisible());
    if (await this.page.getByTestId("mode-reply").isVisible()) await this.page.getByTestId("mode-reply").click();
  }

  /** Opens a tab of the list. */
  async looksAt(tab) {
    await this.page.locator(`[role=tab][data-tab=${tab}]`).click();
    await expect(`the tab ${tab}`, () => this.page.locator(`[role=tab][data-tab=${tab}][aria-selected=true]`).isVisible());
  }

  row(text) {
    return this.page.getByTestId("row").filter({ hasText: text });
  }

  async holds(text) {
    await expect(`${this.name} has "${text}" in the list`, () => this.row(text).isVisible());
  }

  async closes() {
    await this.page.getByTestId("close").click();
    await this.page.getByTestId("close-submit").click();
    await expect("the dialog is gone", async () => !(await this.page.getByTestId("close-dialog").isVisible()));
  }

  async leaves() {
    await this.page.context().close();
  }
}

/** The people of one test in a shared house; whoever is still there leaves before the next. */
export class Company {
  #here = [];

  /** `where` tells the house and the browser, which are opened after this file is read. */
  constructor(where) {
    this.where = where;
  }

  async signsIn(name, more) {
    const { house, browser } = this.where();
    const agent = await Agent.signsIn(browser, house.origin, name, house.passwords[name], more);
    this.#here.push(agent);
    return agent;
  }

  async starts(name, more) {
    const agent = await this.signsIn(name, more);
    await agent.isReady();
    return agent;
  }

  async comes(topic, text) {
    const { house, browser } = this.where();
    const visitor = await Visitor.comes(browser, house.origin);
    this.#here.push(visitor);
    await visitor.asks(topic, text);
    return visitor;
  }

  async leave() {
    for (const person of this.#here.splice(0)) await person.leaves();
  }
}
