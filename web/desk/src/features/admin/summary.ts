/** What a setting does, in plain words. */
import type { Agent, Calendar, Channel, Queue } from "@hutong/api-client";
import { networkName } from "../../core/names";
import { inWords, t, tOr } from "../../texts/texts";
import { departmentsOf, DESK } from "./im.model";
import { at, listAt, rulesOf, textAt } from "./email.model";
import { type SettingKind, type Values } from "./model";
import { telephoneOf } from "./phone.model";
import { nameOf, titleOf } from "./settings-store";

function skillsText(skills: Record<string, number> | undefined): string {
  const all = Object.entries(skills ?? {});
  if (all.length === 0) return t("need.anyone");
  return all.map(([skill, level]) => t("need.skill", { skill: nameOf("skills", skill), level })).join(t("list.comma"));
}

function queueText(queue: Queue): string[] {
  const parts = [t("summary.queue", { skills: skillsText(queue.ladder[0]?.skills) })];
  for (const rung of queue.ladder.slice(1)) parts.push(t("summary.rung", { secs: rung.after_secs ?? 0, skills: skillsText(rung.skills) }));
  if (queue.sticky_secs) parts.push(t("summary.sticky", { secs: queue.sticky_secs }));
  parts.push(t("summary.target", { secs: queue.target_secs }));
  for (const [type, secs] of Object.entries(queue.priority?.request_types ?? {})) {
    parts.push(t("summary.priority", { type: nameOf("request_types", type), secs }));
  }
  parts.push(t("summary.rule", { rule: t(`admin.rule.${queue.rule ?? "longest_idle"}`) }));
  return [...parts, offerText(queue), hoursText(queue), ...overflowText(queue)];
}

function offerText({ offer }: Queue): string {
  if (offer?.auto_accept) return t("summary.auto");
  return t("summary.offer", { secs: offer?.timeout_secs ?? 30, misses: offer?.misses_max ?? 3 });
}

function hoursText({ calendar, closed }: Queue): string {
  if (!calendar) return t("summary.always_open");
  return t(closed?.do === "queue" ? "summary.hours_queue" : "summary.hours_message", { hours: calendar });
}

function overflowText({ overflow }: Queue): string[] {
  if (!overflow?.to || !overflow.wait_secs_max) return [];
  return [t("summary.overflow", { secs: overflow.wait_secs_max, queue: nameOf("queues", overflow.to) })];
}

function agentText(agent: Agent): string[] {
  if (agent.enabled === false) return [t("summary.agent_off", { name: agent.name })];
  const skills = Object.keys(agent.skills ?? {}).length > 0 ? skillsLevels(agent.skills) : t("summary.no_skills");
  return [t("summary.agent", { role: t(`role.${agent.role}`), skills, units: agent.capacity?.units ?? 100 })];
}

function skillsLevels(skills: Record<string, number> | undefined): string {
  return Object.entries(skills ?? {}).map(([skill, level]) => t("summary.skill_level", { skill: nameOf("skills", skill), level })).join(t("list.comma"));
}

function channelText(channel: Channel): string[] {
  const parts = [t("summary.channel", { kind: t(`kind.${channel.kind}`), audience: t(`audience.${channel.audience}`) })];
  for (const topic of channel.topics) {
    parts.push(t("summary.topic", { topic: inWords(topic.name, topic.id), queue: nameOf("queues", topic.queue) }));
  }
  if (channel.kind === "im") parts.push(...imText(channel));
  if (channel.kind === "phone") parts.push(...phoneText(channel));
  const telephone = channel.kind === "phone" ? "" : telephoneOf(channel.settings);
  if (telephone !== "") parts.push(t("phone.summary.called_back", { channel: nameOf("channels", telephone) }));
  if (channel.adapter === "email") parts.push(...emailText(channel.settings));
  if (channel.enabled === false) parts.push(t("summary.channel_off"));
  return parts;
}

/** Which network, and what the desk does in its chats. */
function imText({ adapter, settings }: Channel): string[] {
  const parts = [t("im.summary.network", { network: networkName(adapter) })];
  if (at(settings, `${DESK}.acknowledge`) !== false) parts.push(t("im.summary.acknowledged"));
  if (at(settings, `${DESK}.ask_rating`) !== false) parts.push(t("im.summary.rating"));
  const departments = departmentsOf(settings).length;
  return departments > 0 ? [...parts, t("im.summary.departments", { n: departments })] : parts;
}

/** By which line it calls, and whom. */
function phoneText({ adapter, settings }: Channel): string[] {
  const regions = listAt(settings, "callback.regions");
  const whom = regions.length > 0 ? regions.join(t("list.comma")) : textAt(settings, "callback.region") || "CN";
  return [t("phone.summary.line", { line: tOr(`phone.line.${adapter}`, adapter), whom })];
}

/** How a mailbox is reached, and what happens to its letters. */
function emailText(settings: Channel["settings"]): string[] {
  const text = (path: string) => textAt(settings, path);
  const address = text("address");
  const parts: string[] = [];
  if (text("imap.host")) parts.push(t("email.summary.in_imap", { address, host: text("imap.host") }));
  if (text("lmtp.listen")) parts.push(t("email.summary.in_lmtp", { address, listen: text("lmtp.listen") }));
  if (parts.length === 0) parts.push(t("email.summary.in_none"));
  parts.push(text("smtp.host") ? t("email.summary.out", { host: text("smtp.host") }) : t("email.summary.out_none"));
  if (text("dkim.domain")) parts.push(t("email.summary.signed", { domain: text("dkim.domain") }));
  if (at(settings, "acknowledge") !== false) parts.push(t("email.summary.acknowledged"));
  const rules = rulesOf(settings).length;
  return rules > 0 ? [...parts, t("email.summary.rules", { n: rules })] : parts;
}

function calendarText(calendar: Calendar): string[] {
  const open = calendar.week.filter((day) => day.length > 0).length;
  const days = Object.keys((calendar.days ?? {})).length;
  return [t("summary.calendar", { open, zone: calendar.time_zone, days })];
}

/** Sentences about a setting; few for simple ones. */
export function summaryOf(kind: SettingKind, value: Values[SettingKind]): string[] {
  switch (kind) {
    case "queues":
      return queueText(value as Queue);
    case "agents":
      return agentText(value as Agent);
    case "channels":
      return channelText(value as Channel);
    case "calendars":
      return calendarText(value as Calendar);
    case "skills": {
      const used = nameOf("skills", value.id);
      return [t("summary.skill", { skill: used })];
    }
    case "request_types":
      return [t("summary.request_type", { type: titleOf(value) })];
    case "quick_replies":
      return [t("summary.quick_reply", { id: value.id })];
    case "webhooks": {
      const webhook = value as Values["webhooks"];
      const events = webhook.events?.length ? webhook.events.join(t("list.comma")) : t("summary.all_events");
      return [t(webhook.enabled === false ? "summary.webhook_off" : "summary.webhook", { events, url: webhook.url })];
    }
  }
}
