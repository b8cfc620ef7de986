/** Letters of the mock desk: a correspondence, what could not come in, and what could not leave. */

const MIN = 60_000;
const DESK = { address: "service@city.example", name: "市政务服务台" };
const zhou = { address: "zhou.min@edu.city.example", name: "区教育局 · 周敏" };
const wang = { address: "wang.qiang@edu.city.example", name: "王强" };
const office = { address: "office@edu.city.example", name: "" };
const others = ["李静", "赵敏", "孙涛", "钱伟"].map((name, n) => ({ address: `teacher${n + 1}@edu.city.example`, name }));
const good = { spf: "pass", dkim: "pass", dmarc: "pass" };
const none = { spf: "none", dkim: "none", dmarc: "none" };

const letter = (ago, from, mail, text, more = {}) => ({ ago, from, text, mail: { from: from ?? DESK, ...mail }, ...more });

/** Contact, queue, secs until due, letters and notices. */
export const correspondences = [
  ["区教育局 · 周敏", "platform", "agency", 26 * 3600, [
    letter(190 * MIN, zhou, { subject: "附件上传超过 20 MB 会失败", to: [DESK, wang], cc: [office, ...others], trust: good, important: true, has_html: true, has_rest: true, original: "file_a" },
      "李老师，您好：\n\n今天上午学校上传年度考核材料，凡是超过 20 MB 的附件都会失败，页面只显示“上传失败”。\n全区 46 所学校都要在本周五前交齐，麻烦协助提高上限，或者告诉我们别的办法。\n\n相关说明见 https://portal.city.example/help/upload 。\n\n周敏\n区教育局办公室"),
    letter(150 * MIN, null, { subject: "Re: 附件上传超过 20 MB 会失败", to: [zhou], cc: [wang], trust: none, original: "file_b" },
      "周老师，您好：\n\n已经把贵单位的上限调到 100 MB，请让学校再试一次。如仍失败，请把学校名称和时间发给我们。\n\n李娜"),
    { ago: 149 * MIN, notice: { code: "undelivered", message: 1, recipient: "wang.qiang@edu.city.example", permanent: true, reason: "550 5.1.1 The email account that you tried to reach does not exist" } },
    letter(36 * MIN, { address: "zhou.min@edu.city.example", name: "周敏" }, { subject: "Re: 附件上传超过 20 MB 会失败", to: [DESK], cc: [office], trust: good, has_rest: true, has_html: true, original: "file_c", is_cut: true },
      "已经好了，46 所学校都传上来了，谢谢！\n\n另外想请教：视频材料最大能传多少？有两所学校的公开课录像有 400 MB。", { files: [["公开课清单.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 48_200], ["错误截图.pdf", "application/pdf", 812_000]] }),
  ]],
  ["Emma Clarke", "social", "public", 1500, [
    letter(50 * MIN, { address: "e.clarke@school.example", name: "Emma Clarke" }, { subject: "Pension contributions after leaving China", to: [{ address: "service@city.example", name: "" }], trust: { spf: "pass", dkim: "none", dmarc: "none" }, warning: "stranger", original: "file_d" },
      "Hello,\n\nmy colleague forwarded me your answer about pension contributions. I leave on 30 December. Which form do I need, and can I send it by post?\n\nKind regards\nEmma Clarke"),
    letter(30 * MIN, { address: "postmaster@school.example", name: "Mail Service" }, { subject: "Automatic reply: out of office", to: [DESK], trust: none, automatic: true, original: "file_e" }, "I am away until 2 December."),
  ]],
  ["省财政厅通知", "platform", "agency", -5400, [
    letter(240 * MIN, { address: "notice@finance.prov.example", name: "省财政厅通知" }, { subject: "【紧急】请立即核对账户信息", to: [DESK], trust: { spf: "fail", dkim: "fail", dmarc: "fail" }, warning: "forged", has_html: true, original: "file_f" },
      "您单位的账户信息有误，请在 2 小时内点击链接核对，逾期将冻结：https://finance-prov.example.cc/login"),
  ]],
];

const HTML = `<div style="font-family:'微软雅黑'"><p style="font-size:18px;color:#1f3a93"><b>区教育局办公室</b></p><p>李老师，您好：</p><p>今天上午学校上传年度考核材料，凡是超过 <b style="color:#c0392b">20 MB</b> 的附件都会失败。</p>
<table border="1" cellpadding="6" style="border-collapse: collapse"><tr style="background:#ecf0f1"><th>学校</th><th>时间</th><th>大小</th></tr><tr><td>第一小学</td><td>09:12</td><td>22 MB</td></tr><tr><td>第三小学</td><td>09:40</td><td>31 MB</td></tr></table>
<p>IMG</p><p><a href="https://portal.city.example/help/upload" target="_blank" rel="noopener noreferrer">上传说明</a></p></div>`;

export const mailSettings = {
  address: "service@city.example", aliases: ["help@city.example"], name: { "zh-CN": "市政务服务台", en: "City service desk" },
  imap: { host: "imap.exmail.qq.com", port: 993, security: "tls", user: "service@city.example", password: "(kept secret)", after: "move:已处理", mailbox: "INBOX", start: "unseen" },
  smtp: { host: "smtp.exmail.qq.com", port: 465, security: "tls", user: "service@city.example", password: "(kept secret)", per_minute: 30 },
  dkim: { domain: "city.example", selector: "hutong", private_key: "(kept secret)" },
  authserv_ids: ["mx.city.example"], plus_addresses: true, signature: { "zh-CN": "市政务服务台\n电话 12345", en: "City service desk" },
  rules: [{ from_domain: "edu.city.example", audience: "agency" }, { subject_contains: "投诉", request_type: "complaint" }],
};

export function mailAnswers({ logs, get, refuse, now }) {
  const stuck = (id, reason, more) => ({ id, channel: "mailbox", place: "INBOX/1764", mail_from: "sender@example.cn", rcpt_to: ["service@city.example"], bytes: 34_112, reason, detail: "", received_at: now() - 3 * MIN, tries: 1, ...more });
  let quarantine = [
    stuck("file_q1", "unreadable", { mail_from: "chen@design.example", bytes: 96_400, detail: "it has more than 1000 parts", received_at: now() - 12 * MIN }),
    stuck("file_q2", "unreadable", { mail_from: null, bytes: 2_048, detail: "no header could be found", received_at: now() - 95 * MIN, tries: 3 }),
    stuck("file_q3", "loop", { mail_from: "noreply@shop.example", detail: "21 letters in 10 minutes", received_at: now() - 26 * 60 * MIN, tries: 2 }),
    stuck("file_q4", "report", { mail_from: "", bytes: 6_300, detail: "its letter belongs to no conversation here", received_at: now() - 50 * 60 * MIN }),
    stuck("file_q5", "channel_closed", { channel: "old-box", mail_from: "liu@example.cn", received_at: now() - 70 * 60 * MIN, tries: 6 }),
  ];
  let dead = [
    { id: "dlv_7", endpoint: "letters-conv_00000011", tries: 12, reason: "454 4.7.1 Relay access denied", at: now() - 40 * MIN },
    { id: "dlv_1", endpoint: "portal", tries: 10, reason: "503 Service Unavailable", at: now() - 300 * MIN },
  ];
  const one = (id) => quarantine.find((each) => each.id === id) ?? (() => { throw refuse(404, "not_found"); })();
  return [
    ["GET", "/conversations/:id/letters/:seq", ([id, seq], query) => {
      const message = logs.get(get(id).id).find((each) => each.seq === Number(seq));
      const shown = query.get("images") === "true";
      const picture = shown ? '<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC" width="120" height="60">' : '<span style="border: 1px dashed #999999; color: #666666">🖼 logo</span>';
      return { head: message.mail, html: message.mail.has_html ? HTML.replace("IMG", picture) : null, images_blocked: shown ? 0 : 2, text: `${message.text}\n\n（全文）`, rest: "在 2026 年 11 月 26 日，市政务服务台 写道：\n> 周老师，您好：\n> 已经把贵单位的上限调到 100 MB。\n\n-- \n周敏 区教育局办公室",
        headers: [["Return-Path", `<${message.mail.from.address}>`], ["Authentication-Results", "mx.city.example; spf=pass smtp.mailfrom=edu.city.example; dkim=pass header.d=edu.city.example; dmarc=pass"], ["From", `${message.mail.from.name} <${message.mail.from.address}>`], ["Subject", message.mail.subject], ["Message-ID", "<20261126.8842.zhou@edu.city.example>"], ["Date", "Thu, 26 Nov 2026 10:12:00 +0800"]].map(([name, value]) => ({ name, value })) };
    }],
    ["GET", "/conversations/:id/addressees", ([id]) => {
      const head = logs.get(get(id).id).findLast((each) => each.mail && each.author.type === "contact")?.mail;
      if (!head) throw refuse(404, "not_found");
      const subject = head.subject.startsWith("Re:") ? head.subject : `Re: ${head.subject}`;
      const reply = { to: [head.from], cc: [], subject };
      return { reply, reply_all: { ...reply, cc: [...head.to, ...(head.cc ?? [])].filter((each) => each.address !== DESK.address && each.address !== head.from.address) } };
    }],
    ["GET", "/quarantine", (_, query) => (query.get("before") ? [] : quarantine)],
    ["GET", "/quarantine/:id/original", ([id]) => ({ bytes: Buffer.from(`Subject: ${one(id).id}\r\n\r\n`), media_type: "message/rfc822" })],
    ["POST", "/quarantine/:id/retry", ([id]) => { const found = one(id); if (found.reason === "unreadable") { found.tries += 1; throw refuse(409, "wrong_state"); } quarantine = quarantine.filter((each) => each !== found); }],
    ["DELETE", "/quarantine/:id", ([id]) => { const found = one(id); quarantine = quarantine.filter((each) => each !== found); }],
    ["GET", "/deliveries/dead", () => dead],
    ["POST", "/deliveries/:id/retry", ([id]) => { dead = dead.filter((each) => each.id !== id); }],
  ];
}
