/** A small service desk of a city, as the mock of the desk's API starts with it. */

import { mailSettings } from "./desk-mail.mjs";

const both = (zh, en) => ({ "zh-CN": zh, en });
const MIN = 60_000;
const DAY = 86_400_000;

export const skills = [
  { id: "social", name: both("社保", "Social insurance"), sort: "topic" },
  { id: "tax", name: both("税务", "Tax"), sort: "topic" },
  { id: "permit", name: both("户籍证照", "Residence and permits"), sort: "topic" },
  { id: "platform", name: both("平台技术", "Platform"), sort: "topic" },
  { id: "complaint", name: both("投诉处理", "Complaints"), sort: "topic" },
  { id: "zh", name: both("普通话", "Mandarin"), sort: "language" },
  { id: "en", name: both("英语", "English"), sort: "language" },
];

export const requestTypes = [
  ["consultation", "咨询", "Consultation"], ["request", "申请", "Request"], ["fault", "故障", "Fault"],
  ["complaint", "投诉", "Complaint"], ["suggestion", "建议", "Suggestion"], ["help", "求助", "Help"], ["report", "举报", "Report"],
].map(([id, zh, en]) => ({ id, name: both(zh, en) }));

const queue = (id, zh, en, skill, target, more = {}) => ({
  id, name: both(zh, en), target_secs: target,
  ladder: [{ after_secs: 0, skills: { [skill]: 4, zh: 1 } }, { after_secs: 30, skills: { [skill]: 3 } }, { after_secs: 90, skills: { [skill]: 1 } }],
  sticky_secs: 20, priority: { request_types: { complaint: 60 }, audiences: {} }, rule: "longest_idle",
  offer: { timeout_secs: 30, auto_accept: false, misses_max: 3 }, wrap_up_secs: 60, calendar: "office", closed: { do: "leave_message" },
  overflow: { waiting_max: 200, wait_secs_max: 600, to: null }, reopen_hours: 24, ...more,
});

export const queues = [
  queue("social", "社保服务", "Social insurance", "social", 120, { overflow: { waiting_max: 200, wait_secs_max: 600, to: "general" } }),
  queue("tax", "税务咨询", "Tax questions", "tax", 120),
  queue("permit", "户籍与证照", "Residence and permits", "permit", 180),
  queue("platform", "平台技术支持", "Platform support", "platform", 300, { rule: "best_skilled" }),
  queue("complaint", "投诉建议", "Complaints", "complaint", 90),
  queue("general", "综合咨询", "General questions", "zh", 180, { ladder: [{ after_secs: 0, skills: { zh: 1 } }], calendar: null }),
];

const agent = (id, name, role, levels) => ({ id, name, role, skills: levels, capacity: { units: 100, kinds: {} }, locale: "zh-CN", enabled: true });

export const agents = [
  agent("li-na", "李娜", "admin", { social: 5, tax: 4, zh: 5, en: 3 }),
  agent("wang-wei", "王伟", "agent", { tax: 5, social: 3, zh: 5 }),
  agent("zhang-min", "张敏", "agent", { permit: 5, zh: 5 }),
  agent("chen-jie", "陈洁", "supervisor", { complaint: 5, social: 4, zh: 5 }),
  agent("liu-yang", "刘洋", "agent", { platform: 5, en: 4, zh: 4 }),
  agent("zhao-lei", "赵磊", "agent", { platform: 4, permit: 3, zh: 5 }),
  agent("sun-li", "孙丽", "agent", { social: 4, complaint: 3, zh: 5 }),
  agent("zhou-qiang", "周强", "agent", { permit: 4, zh: 5 }),
  agent("bai-maerdan", "白玛旦增", "agent", { social: 3, permit: 3, zh: 4 }),
];

export const channels = [
  { id: "website", name: both("市政府门户网站", "City website"), kind: "web_chat", adapter: "web_chat", audience: "public", enabled: true,
    settings: { allowed_origins: ["https://www.city.example"], widget: { color: "#3550cf", typing_preview: true } },
    topics: [
      { id: "social", name: both("社保、医保、公积金", "Social insurance"), queue: "social" },
      { id: "tax", name: both("个税与发票", "Tax and invoices"), queue: "tax" },
      { id: "permit", name: both("户口、身份证、居住证", "Residence and permits"), queue: "permit" },
      { id: "complaint", name: both("投诉与建议", "Complaints"), queue: "complaint", request_type: "complaint" }] },
  { id: "oa-im", name: both("政务工作群", "Staff messenger"), kind: "im", adapter: "wecom", audience: "staff", enabled: true, settings: {}, topics: [{ id: "platform", name: both("平台问题", "Platform"), queue: "platform" }] },
  { id: "mailbox", name: both("服务邮箱", "Service mailbox"), kind: "email", adapter: "email", audience: "agency", enabled: true, settings: mailSettings, topics: [{ id: "any", name: both("邮件", "Mail"), queue: "platform" }] },
  { id: "city-app", name: both("“城市通” App", "City app"), kind: "app", adapter: "app", audience: "public", enabled: true, settings: {}, topics: [{ id: "any", name: both("在线咨询", "Questions"), queue: "general" }] },
  { id: "hotline", name: both("12345 回电", "Hotline callbacks"), kind: "phone", adapter: "sip", audience: "public", enabled: true,
    settings: { listen: ["udp:10.0.0.4:5060"], trunk: { uri: "sip:trunk.carrier.example", user: "02012345678", password: "(kept secret)", register: true },
      callback: { region: "CN", retry_pauses_secs: [300, 1800], consent: both("号码仅用于本次回电。", "The number is used for this call only.") } },
    topics: [{ id: "any", name: both("来电咨询", "Calls"), queue: "general" }] },
];

export const calendars = [{
  id: "office", time_zone: "Asia/Shanghai",
  week: [0, 1, 2, 3, 4, 5, 6].map((day) => (day < 5 ? [{ from: "09:00", to: "12:00" }, { from: "13:30", to: "17:30" }] : [])),
  days: { "2026-10-01": [], "2026-10-02": [], "2026-10-10": [{ from: "09:00", to: "17:00" }] } }];

export const quickReplies = [
  ["hello", "问候", "Greeting", "您好，我是社保服务坐席李娜，很高兴为您服务。", "Hello, I am Li Na of the service desk. How can I help?"],
  ["wait", "请稍候", "One moment", "请稍候，我正在为您查询，大约需要一分钟。", "One moment please, I am looking it up."],
  ["id-check", "核对身份", "Identity", "为保护您的信息，请先通过门户网站登录后再继续咨询。", "To protect your data, please sign in on the website first."],
  ["docs", "所需材料", "Documents", "办理需要：身份证原件、社保卡、近三个月缴费凭证。", "You need: identity card, insurance card, receipts of the last three months."],
  ["hours", "服务时间", "Hours", "服务时间为工作日 9:00–12:00、13:30–17:30。", "We are here on workdays, 9:00–12:00 and 13:30–17:30."],
  ["bye", "结束语", "Good-bye", "感谢您的咨询，祝您生活愉快！", "Thank you, and have a good day!"],
].map(([id, zh, en, textZh, textEn]) => ({ id, title: both(zh, en), text: both(textZh, textEn) }));

export const webhooks = [{ id: "portal", url: "https://portal.city.example/hooks/hutong", events: ["conversation_closed"], enabled: true }];

/** Contact, queue, channel, request type, seconds since arrival, what was said: `c` contact, `a` agent, `n` note. */
export const held = [
  ["王秀英", "social", "website", "consultation", 340, true, [["c", 340, "您好，我想问一下，我在外地参保的养老保险怎么转到本市？"], ["a", 200, "您好，我是社保服务坐席李娜。跨省转移可以在网上办理，请问您目前在本市已经参保了吗？"], ["c", 170, "已经参保三个月了，单位给交的。"], ["n", 150, "已在系统中查到参保记录，2026 年 5 月起缴费，可以直接办转入。"], ["a", 120, "好的，您可以直接申请转入。办理入口：https://si.city.example/transfer ，登录后选择“关系转移接续”。"], ["c", 42, "好的，我试试。需要上传什么材料吗？社保局会联系我原来的单位吗？"]]],
  ["李建国", "tax", "website", "request", 900, true, [["c", 900, "年度汇算的时候漏报了继续教育专项附加扣除，现在还能补吗？"], ["a", 600, "可以的，您可以在个税 App 里更正申报，五年内都可以。"]]],
  ["访客", "social", "website", null, 80, false, [["c", 80, "生育津贴申领进度在哪里查"]]],
  ["市住建局 · 马超", "platform", "oa-im", "fault", 1500, true, [["c", 1500, "统一身份认证今天上午一直跳回登录页，我们全科室都进不去，麻烦尽快看一下。"]]],
  ["Emma Clarke", "social", "city-app", "consultation", 420, false, [["c", 420, "Hello, I am a foreign teacher here. Can I withdraw my pension contributions when I leave China?"], ["a", 300, "Hello Emma, yes. When you leave, you can end the insurance and your personal account is paid out in one sum."], ["c", 250, "Great, thank you! Which documents do I need?"], ["a", 200, "Your passport, the residence permit, and the contract's end notice. I will send you the list."]]],
];

export const waiting = [
  ["刘桂芳", "complaint", "website", "complaint", 150, "小区门口的路灯坏了半个月，打了三次电话都没人修，晚上老人出门很危险。"],
  ["张伟", "permit", "website", "consultation", 70, "孩子满月了，上户口需要带什么材料？"],
  ["古丽娜尔", "permit", "city-app", "request", 45, "居住证到期了可以在网上续签吗"],
  ["陈思远", "tax", "website", "consultation", 30, "电子发票抬头开错了怎么红冲？"],
  ["区教育局 · 周敏", "platform", "mailbox", "fault", 200, "附件上传超过 20 MB 会失败，请协助提高上限。"],
];

export const closed = [
  ["王秀英", "social", "website", "consultation", 3 * DAY, "solved", "谢谢，已经查到了。"],
  ["王秀英", "permit", "website", "request", 40 * DAY, "forwarded", "好的，我等电话。"],
  ["黄志强", "tax", "website", "consultation", 2 * 60 * MIN, "solved", "明白了，非常感谢！"],
  ["吴晓燕", "social", "city-app", "help", 3 * 60 * MIN, "unsolved", "那我下午去窗口办吧。"],
  ["访客", "general", "website", null, 5 * 60 * MIN, "no_answer", "在吗"],
];

export const offers = [
  ["赵雪梅", "social", "website", "consultation", 26, "我妈妈今年 50 岁退休，医保要不要继续交？单位说不用，社区说要补缴到 25 年，到底听谁的？"],
  ["何俊杰", "tax", "city-app", "request", 12, "新办的个体户，核定征收怎么申请？"],
];
