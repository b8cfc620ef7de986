/** Somebody would rather be called than wait: the website, the desk, the gateway's own SIP line, two real telephones. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { isAccessible } from "../src/accessibility.mjs";
import { expect } from "../src/browser.mjs";
import { House } from "../src/house.mjs";
import { Company, chromium } from "../src/people.mjs";
import { picture } from "../src/pictures.mjs";
import { freePort } from "../src/processes.mjs";
import { Telephone } from "../src/telephone.mjs";

const NUMBER = "138 0013 8000";
const SHOWN = "+86*******8000";

let house, browser, mine, theirs;
before(async () => {
  [mine, theirs] = [await Telephone.start("1001"), await Telephone.start("+8613800138000")];
  const line = {
    id: "hotline", name: { "zh-CN": "热线", en: "Hotline" }, kind: "phone", adapter: "sip", audience: "public",
    topics: [{ id: "tax", name: { "zh-CN": "税务", en: "Tax" }, queue: "tax" }],
    settings: {
      listen: [`udp:127.0.0.1:${await freePort()}`],
      trunk: { uri: `sip:127.0.0.1:${theirs.port}`, caller_id: "02012345678" },
      callback: { consent: { "zh-CN": "号码仅用于本次回电。", en: "The number is used for this call only." } },
    },
  };
  house = await House.start(1, { channels: [line], website: { phone: { channel: "hotline" } }, phones: { ming: mine.uri } });
  browser = await chromium.launch();
}, { timeout: 90_000 });
after(async () => {
  await browser?.close();
  await house?.close();
  await mine?.stop();
  await theirs?.stop();
});

const company = new Company(() => ({ house, browser }));
beforeEach(() => company.leave());
afterEach(async (t) => {
  if (!t.passed) await house.closesAll();
});

test("a visitor waits, asks to be called, keeps the place, and both telephones are connected", { timeout: 120_000 }, async () => {
  const first = await company.comes("税务", "发票系统打不开，申报截止今天。");
  const second = await company.comes("税务", "退税进度查询");
  await first.panel.getByRole("button", { name: "请给我回电" }).click();
  await picture(first.page, "callback-question");
  await isAccessible(first.page, "the question for a number");
  await first.panel.getByLabel("电话号码").fill("110");
  await first.panel.getByRole("button", { name: "给我回电", exact: true }).click();
  await expect("it is refused", () => first.panel.getByRole("alert").getByText("这个号码我们无法拨打").isVisible());
  await first.panel.getByLabel("电话号码").fill(NUMBER);
  await first.panel.getByRole("button", { name: "给我回电", exact: true }).click();
  await expect("the call is wanted", () => first.panel.getByText(`轮到您时将拨打 ${SHOWN}`).isVisible());
  await picture(first.page, "callback-wanted");

  // The first who came is the first who is served, by telephone.
  const ming = await company.starts("ming");
  await ming.accepts("发票系统打不开，申报截止今天。");
  const bar = ming.page.getByTestId("call-bar");
  await expect("both speak", async () => (await bar.innerText()).includes("通话中"));
  await expect("each hears the other", () => mine.hears() && theirs.hears());
  await expect("the visitor sees it", () => first.panel.getByRole("status").getByText("通话中").isVisible());
  await picture(ming.page, "callback-connected");
  await picture(first.page, "callback-connected-visitor");
  await isAccessible(ming.page, "the desk during a call");
  assert.ok(!(await ming.page.locator("body").innerText()).includes("13800138000"), "the number is masked");
  await ming.page.getByTestId("call-reveal").click();
  await expect("who looks sees it", () => ming.page.getByText("+8613800138000").isVisible());

  await ming.page.getByTestId("call-hold").click();
  await expect("on hold", async () => (await bar.innerText()).includes("已保持"));
  await ming.page.getByTestId("call-resume").click();
  await expect("resumed", async () => (await bar.innerText()).includes("通话中"));
  await ming.page.getByTestId("call-hang-up").click();
  await expect("the outcome stands in the conversation", () => ming.page.getByTestId("timeline").getByText(/通话结束：已通话/u).isVisible());
  await picture(ming.page, "callback-ended");
  await first.sees("通话已结束");
  await ming.closes();
  await ming.accepts("退税进度查询");
  await second.leaves();

  // What is archived is counted, some seconds later.
  await expect("the call is counted", async () => (await house.get("/v1/reports/callbacks")).some(({ line, connected }) => line === "hotline" && connected === 1), 30_000);
  const root = await company.signsIn("root");
  await root.page.getByTestId("go-live").click();
  await expect("a supervisor sees it", async () => /热线\s+1\s+1\s+100%/u.test(await root.page.getByTestId("callbacks-hotline").innerText()));
  await picture(root.page, "callback-measures");
  await isAccessible(root.page, "the measures of callbacks");
});
