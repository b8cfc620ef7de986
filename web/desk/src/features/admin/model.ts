/** Settings as the admin pages hold them: what a new one starts with, and small rules of the forms. */
import type { Agent, Calendar, Channel, Queue, QuickReply, RequestType, Schemas, Skill, Webhook } from "@hutong/api-client";

export interface Values {
  queues: Queue;
  skills: Skill;
  agents: Agent;
  channels: Channel;
  calendars: Calendar;
  request_types: RequestType;
  quick_replies: QuickReply;
  webhooks: Webhook;
}

export type SettingKind = keyof Values;

/** A stored document with its value; version 0 is one that is not stored yet. */
export type Setting<V = Values[SettingKind]> = Omit<Schemas["SettingDocument"], "value"> & { value: V };

const nowhere = { "zh-CN": "", en: "" };

/** What a new one starts with: it can be saved after the names are filled in. */
export const blank: { [K in SettingKind]: () => Values[K] } = {
  queues: () => ({
    id: "", name: nowhere, ladder: [{ after_secs: 0, skills: {} }], sticky_secs: 0, target_secs: 120,
    priority: { request_types: {} }, rule: "longest_idle", offer: { timeout_secs: 30, auto_accept: false, misses_max: 3 },
    wrap_up_secs: 60, calendar: null, closed: { do: "leave_message" }, overflow: { waiting_max: 0, wait_secs_max: 0, to: null },
    reopen_hours: 24,
  }),
  skills: () => ({ id: "", name: nowhere, sort: "topic" }),
  agents: () => ({ id: "", name: "", role: "agent", skills: {}, capacity: { units: 100 }, locale: "zh-CN", enabled: true }),
  channels: () => ({ id: "", name: nowhere, kind: "web_chat", adapter: "web_chat", audience: "public", topics: [], enabled: true }),
  calendars: () => ({
    id: "", time_zone: "Asia/Shanghai", week: [0, 1, 2, 3, 4, 5, 6].map((day) => (day < 5 ? [{ from: "09:00", to: "17:30" }] : [])) }),
  request_types: () => ({ id: "", name: nowhere }),
  quick_replies: () => ({ id: "", title: nowhere, text: nowhere }),
  webhooks: () => ({ id: "", url: "", events: [], enabled: true }),
};

/** Ids as the gateway wants them: a person chose them, so they may be read aloud. */
export function isId(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,47}$/u.test(text);
}

/** A whole number from a form; what is no number keeps the old one. */
export function wholeNumber(text: string, before: number): number {
  const found = Number(text);
  return text.trim() !== "" && Number.isInteger(found) && found >= 0 ? found : before;
}

/** Opening hours as people write them: `09:00-12:00 13:30-17:30`. Null when they cannot be read. */
export function readHours(text: string): { from: string; to: string }[] | null {
  const parts = text.split(/[\s,，、;；]+/u).filter(Boolean);
  const found = parts.map((part) => /^(\d{1,2}):(\d{2})\s*[-–~—]\s*(\d{1,2}):(\d{2})$/u.exec(part));
  const intervals: { from: string; to: string }[] = [];
  for (const match of found) {
    if (!match) return null;
    const [h1 = "", m1 = "", h2 = "", m2 = ""] = match.slice(1);
    const [from, to] = [Number(h1) * 60 + Number(m1), Number(h2) * 60 + Number(m2)];
    if (from >= to || to > 1440 || Number(m1) > 59 || Number(m2) > 59) return null;
    intervals.push({ from: `${h1.padStart(2, "0")}:${m1}`, to: `${h2.padStart(2, "0")}:${m2}` });
  }
  return intervals;
}

export function writeHours(intervals: readonly { from: string; to: string }[]): string {
  return intervals.map((each) => `${each.from}-${each.to}`).join(" ");
}

/** Days that differ, one a line: `2026-10-01` is closed, `2026-10-10 09:00-17:00` is open. */
export function readDays(text: string): Record<string, { from: string; to: string }[]> | null {
  const days: Record<string, { from: string; to: string }[]> = {};
  for (const line of text.split("\n").map((each) => each.trim()).filter(Boolean)) {
    const [day = "", ...hours] = line.split(/\s+/u);
    const intervals = readHours(hours.join(" "));
    if (!/^\d{4}-\d{2}-\d{2}$/u.test(day) || Number.isNaN(Date.parse(day)) || intervals === null) return null;
    days[day] = intervals;
  }
  return days;
}

export function writeDays(days: Record<string, readonly { from: string; to: string }[]>): string {
  return Object.entries(days).sort(([a], [b]) => a.localeCompare(b))
    .map(([day, intervals]) => `${day} ${writeHours(intervals)}`.trim()).join("\n");
}

/** The line that a website adds to show the chat. */
export function embedSnippet(origin: string, channel: string): string {
  return `<script src="${origin}/widget/loader.js" data-channel="${channel}" async></script>`;
}

export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
