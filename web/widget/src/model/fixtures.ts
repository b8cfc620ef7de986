/** Small models and messages for tests. */
import type { ChatChannel, ChatState, Message, WidgetFrame } from "@hutong/api-client";
import { reduce } from "./reduce.ts";
import { initialModel, type Model, type Outgoing } from "./model.ts";

export const NOW = 1_790_000_000_000;

export const channel: ChatChannel = {
  channel: "website",
  name: { "zh-CN": "政务服务", en: "City services" },
  topics: [
    { id: "tax", name: { "zh-CN": "税务", en: "Tax" }, queue: "tax", open: true, usual_wait_secs: 90 },
    { id: "si", name: { "zh-CN": "社保", en: "Insurance" }, queue: "si", open: false, opens_at: NOW + 3_600_000 },
  ],
  request_types: [],
  widget: {
    color: "#1f5eff",
    corner: "right",
    greeting: { "zh-CN": "", en: "" },
    privacy: { text: { "zh-CN": "", en: "" }, url: "" },
    ask_name: "no",
    typing_preview: false,
    elder_mode: true,
  },
  media_types: ["image/png", "application/pdf"],
  file_bytes_max: 1000,
  by_mail: false,
};

export function state(change: Partial<ChatState> = {}): ChatState {
  return {
    id: "cnv_1",
    state: "active",
    queue_name: { "zh-CN": "税务", en: "Tax" },
    agent_name: "林芳",
    last_seq: 0,
    read_by_agent: 0,
    read_by_contact: 0,
    ...change,
  };
}

export function agentSays(seq: number, text = "您好", at = NOW): Message {
  return { seq, at, id: `msg_${String(seq)}`, author: { type: "agent", id: "lin-fang" }, kind: "text", text };
}

export function contactSays(seq: number, clientId: string, text = "你好", at = NOW): Message {
  return { seq, at, id: `msg_${String(seq)}`, author: { type: "contact", id: "ctc_1" }, kind: "text", text, client_id: clientId };
}

export function notice(seq: number, code: "joined" | "reopened"): Message {
  const fact = code === "joined" ? { code, agent: "lin-fang" } : { code };
  return { seq, at: NOW, id: `msg_${String(seq)}`, author: { type: "system" }, kind: "notice", notice: fact };
}

export function outgoing(clientId: string, text = "你好"): Outgoing {
  return { clientId, at: NOW, text, files: [], failed: null };
}

export function model(change: Partial<Model> = {}): Model {
  return initialModel({ locale: "zh-CN", elder: false, phase: "ready", channel, line: "online", contact: "ctc_1", ...change });
}

/** The model after these frames. */
export function heard(start: Model, ...frames: WidgetFrame[]): Model {
  return frames.reduce((now, frame) => reduce(now, { type: "frame", frame, now: NOW }), start);
}

export function welcome(messages: Message[], conversation: ChatState | null = state(), resumed = false): WidgetFrame {
  return { type: "welcome", epoch: "e1", resumed, conversation, messages, now: NOW };
}
