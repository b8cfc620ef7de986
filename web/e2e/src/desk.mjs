/** The desk of the browser tests: three queues, agents with different skills, one website. */

/** What the website signs with, for people who are signed in there. */
export const IDENTITY_SECRET = "an identity secret of thirty-two bytes or more";

const named = (zh, en) => ({ "zh-CN": zh, en });
const queue = (id, name, skill, targetSecs, more = {}) => ({
  id,
  name,
  ladder: [{ skills: { [skill]: 3 } }],
  target_secs: targetSecs,
  rule: "best_skilled",
  offer: { timeout_secs: 6, misses_max: 1 },
  wrap_up_secs: 0,
  ...more,
});
const agent = (id, name, role, skills) => ({ id, name, role, skills, locale: "zh-CN" });

export const desk = {
  skills: [
    { id: "tax", name: named("税务", "Tax"), sort: "topic" },
    { id: "insurance", name: named("社会保险", "Social insurance"), sort: "topic" },
    { id: "housing", name: named("住房公积金", "Housing fund"), sort: "topic" },
  ],
  request_types: [
    { id: "consultation", name: named("咨询", "Consultation") },
    { id: "complaint", name: named("投诉", "Complaint") },
  ],
  calendars: [],
  queues: [
    queue("tax", named("税务咨询", "Tax"), "tax", 120),
    queue("insurance", named("社会保险", "Social insurance"), "insurance", 30),
    queue("housing", named("住房公积金", "Housing fund"), "housing", 60, { wrap_up_secs: 120, reopen_hours: 0 }),
  ],
  agents: [
    agent("ming", "王明", "agent", { tax: 5 }),
    agent("li", "李娜", "agent", { tax: 3, insurance: 5 }),
    agent("fang", "方芳", "agent", { insurance: 4, housing: 4 }),
    agent("sun", "孙主管", "supervisor", {}),
    agent("root", "管理员", "admin", {}),
  ],
  channels: [
    {
      id: "website",
      name: named("市政务服务在线客服", "City services: live help"),
      kind: "web_chat",
      adapter: "web_chat",
      audience: "public",
      topics: [
        { id: "tax", name: named("税务", "Tax"), queue: "tax", request_type: "consultation" },
        { id: "insurance", name: named("社保", "Social insurance"), queue: "insurance", request_type: "consultation" },
        { id: "housing", name: named("公积金", "Housing fund"), queue: "housing", request_type: "consultation" },
      ],
      settings: { identity_secret: IDENTITY_SECRET },
    },
  ],
  quick_replies: [
    { id: "hello", title: named("问候", "Greeting"), text: named("您好！", "Hello!") },
  ],
  webhooks: [],
};
