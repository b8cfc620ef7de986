/** The channel of a city's service desk, as the gateway would describe it. */
import { WEB_PUSH_KEY } from "./apps.mjs";

const HOUR = 3_600_000;

const topic = (id, zh, en, waitSecs) => ({ id, name: { "zh-CN": zh, en }, queue: id, request_type: "consultation", open: true, usual_wait_secs: waitSecs });

/** The answer of `GET /v1/chat/{channel}` under the present mood of the world. */
export function channelOf(channel, world) {
  const opensAt = Math.ceil((Date.now() + 10 * HOUR) / HOUR) * HOUR;
  const topics = [
    topic("general", "办事咨询", "General enquiries", 45),
    topic("tax", "税务：申报、发票、退税", "Tax: returns, invoices, refunds", 150),
    topic("social_insurance", "社保：缴费、转移、医保", "Social insurance: payments, transfers, health cover", 180),
    topic("business_registration", "企业：开办、变更、注销", "Business: opening, changing, closing", 120),
    { ...topic("platform_fault", "网站或App用不了", "The website or app does not work", 90), request_type: "fault" },
    { ...topic("complaint", "投诉与举报", "Complaints and reports"), open: false, opens_at: opensAt },
    topic("english", "我需要英语服务", "I would like to be helped in English", 60),
  ].map((one) => {
    const closed = world.closedHours ? { open: false, opens_at: opensAt, usual_wait_secs: undefined } : {};
    return { ...one, ...closed, ...(world.requestTypes ? { request_type: null } : {}) };
  });
  return {
    channel,
    name: { "zh-CN": "云溪市政务服务在线客服", en: "Yunxi City Services: live help" },
    topics,
    request_types: [
      { id: "consultation", name: { "zh-CN": "咨询", en: "Consultation" } },
      { id: "request", name: { "zh-CN": "申请", en: "Request" } },
      { id: "fault", name: { "zh-CN": "故障", en: "Fault" } },
      { id: "complaint", name: { "zh-CN": "投诉", en: "Complaint" } },
      { id: "suggestion", name: { "zh-CN": "建议", en: "Suggestion" } },
    ],
    widget: {
      color: world.color ?? "#1f5eff",
      corner: "right",
      greeting: world.greeting ?? { "zh-CN": "", en: "" },
      privacy: { text: { "zh-CN": "", en: "" }, url: "/demo/privacy.html" },
      ask_name: world.askName,
      typing_preview: true,
      elder_mode: true,
    },
    media_types: ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"],
    file_bytes_max: 20 * 1024 * 1024,
    by_mail: world.byMail,
    callbacks: world.callsBack ? { region: "CN", days_ahead: 14, consent: { "zh-CN": "号码仅用于本次回电。", en: "The number is used for this call only." }, verify: world.verify } : null,
    push: channel === "app" ? { providers: ["web_push"], web_push_key: WEB_PUSH_KEY } : null,
  };
}
