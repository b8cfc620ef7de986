/** What follows from the model: which screen, which words, which marks. */
import type { ChatTopic, Message } from "@hutong/api-client";
import { fromAgent, lastSeq, over, toReceive } from "@hutong/chat";
import type { Model, Outgoing } from "./model.ts";

/** What the panel shows. */
export type Screen = "loading" | "failed" | "home" | "start" | "chat";

export function screenOf(model: Model): Screen {
  if (model.conversation !== null || model.messages.length > 0 || model.outgoing.length > 0) return "chat";
  if (model.phase !== "ready") return model.phase;
  if (model.contact !== null && !model.welcomed && model.line === "connecting" && !model.lineLate) return "loading";
  return model.topic === null ? "home" : "start";
}

export function topicOf(model: Model): ChatTopic | null {
  return model.channel?.topics.find((topic) => topic.id === model.topic) ?? null;
}

/** What the start screen asks beside the message. Elder mode asks only what it must. */
export function asked(model: Model): { name: "no" | "optional" | "required"; requestType: boolean } {
  const widget = model.channel?.widget;
  const name = model.verified ? "no" : (widget?.ask_name ?? "no");
  const topic = topicOf(model);
  const types = model.channel?.request_types.length ?? 0;
  return {
    name: model.elder && name === "optional" ? "no" : name,
    requestType: !model.elder && types > 1 && topic !== null && (topic.request_type ?? null) === null,
  };
}

/** Is anyone of the desk (for this topic, or for any) there now, and if not, from when? */
export function hoursOf(model: Model, topicId: string | null = null): { open: boolean; opensAt: number | null; waitSecs: number | null } {
  const topics = (model.channel?.topics ?? []).filter((topic) => topicId === null || topic.id === topicId);
  const openTopics = topics.filter((topic) => topic.open);
  if (openTopics.length === 0 && topics.length > 0) {
    const openings = topics.flatMap((topic) => topic.opens_at ?? []);
    return { open: false, opensAt: openings.length > 0 ? Math.min(...openings) : null, waitSecs: null };
  }
  const waits = openTopics.flatMap((topic) => topic.usual_wait_secs ?? []);
  return { open: true, opensAt: null, waitSecs: waits.length > 0 ? Math.min(...waits) : null };
}

/** The seq to report as read: the last agent's message, when the panel is seen. Null when nothing is new. */
export function toMarkRead(model: Model): number | null {
  if (!model.shown || model.conversation === null || model.line !== "online" || !model.welcomed) return null;
  const last = lastSeq(model.messages.filter(fromAgent));
  return last > model.conversation.read_by_contact ? last : null;
}

/** The seq to report as received: the last agent's message, when it is here and not seen. Null when nothing is new. */
export function toMarkReceived(model: Model): number | null {
  return model.line === "online" ? toReceive(model, model.received) : null;
}

/** How far something that the person said has come. */
export type Mark = "pending" | "sent" | "read" | "failed";

export function markOf(model: Model, message: Message): Mark {
  return message.seq <= (model.conversation?.read_by_agent ?? 0) ? "read" : "sent";
}

export function outgoingMark(outgoing: Outgoing): Mark {
  return outgoing.failed === null ? "pending" : "failed";
}

/** May the composer send what it holds? */
export function sendable(model: Model): boolean {
  const ready = model.attachments.filter((one) => one.file !== null);
  const busy = model.attachments.some((one) => one.file === null && one.failed === null);
  return !busy && (model.draft.trim() !== "" || ready.length > 0);
}

/** What the line under the header says, if anything. */
export function lineWords(model: Model): string | null {
  if (model.line === "unauthenticated") return "line_ended";
  if (model.line === "replaced") return "line_replaced";
  if (model.lineLate) return model.outgoing.length > 0 ? "line_down_queued" : "line_down";
  if (model.line === "online" && !model.linkUp) return "line_desk_down";
  return null;
}

/** Is there a conversation that is worth loading the panel for on the next page? */
export function activeOf(model: Model): boolean {
  return model.outgoing.length > 0 || (model.conversation !== null && !over(model.conversation));
}

/** The agent's name, for a message by that agent; null when it is not known. */
export function authorName(model: Model, message: Message): string | null {
  const name = model.conversation?.agent_name ?? null;
  if (message.author.type !== "agent" || name === null) return null;
  const current = model.messages.filter((one) => one.notice?.code === "joined").at(-1)?.notice;
  const serving = current?.code === "joined" ? current.agent : message.author.id;
  return serving === message.author.id ? name : null;
}
