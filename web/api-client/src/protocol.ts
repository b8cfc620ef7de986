/** The words of the wire, by short names. */
import type { components as Http } from "./generated/openapi.ts";
import type { components as Socket } from "./generated/socket-protocol.ts";

/** Every schema of the sockets and of the HTTP API; what both use is the same in both. */
export type Schemas = Omit<Http["schemas"], keyof Socket["schemas"]> & Socket["schemas"];

export type Addressees = Schemas["Addressees"];
export type Agent = Schemas["Agent"];
export type AgentFrame = Schemas["AgentFrame"];
export type AgentName = Schemas["AgentName"];
export type Audience = Schemas["Audience"];
export type Author = Schemas["Author"];
export type Calendar = Schemas["Calendar"];
export type Channel = Schemas["Channel"];
export type ChannelKind = Schemas["ChannelKind"];
export type ChannelName = Schemas["ChannelName"];
export type ChatChannel = Schemas["ChatChannel"];
export type Callback = Schemas["Callback"];
export type CallOutcome = Schemas["CallOutcome"];
export type ChatCallback = Schemas["ChatCallback"];
export type ChatState = Schemas["ChatState"];
export type ChatTopic = Schemas["ChatTopic"];
export type Contact = Schemas["Contact"];
export type Conversation = Schemas["Conversation"];
export type ConversationInfo = Schemas["ConversationInfo"];
export type ConversationSummary = Schemas["ConversationSummary"];
export type Correspondence = Schemas["Correspondence"];
export type DeadLetter = Schemas["DeadLetter"];
export type DescribeConversation = Schemas["DescribeConversation"];
export type Desk = Schemas["Desk"];
export type DeskFrame = Schemas["DeskFrame"];
export type DeskSnapshot = Schemas["DeskSnapshot"];
export type Event = Schemas["Event"];
export type FileRef = Schemas["FileRef"];
export type Identity = Schemas["Identity"];
export type Letter = Schemas["Letter"];
export type Locale = Schemas["Locale"];
export type Localized = Schemas["Localized"];
export type MailAddress = Schemas["MailAddress"];
export type MailHead = Schemas["MailHead"];
export type MailTrust = Schemas["MailTrust"];
export type MailWarning = Schemas["MailWarning"];
export type Message = Schemas["Message"];
export type MessageContent = Schemas["MessageContent"];
export type MessageKind = Schemas["MessageKind"];
export type Notice = Schemas["Notice"];
export type Position = Schemas["Position"];
export type Presence = Schemas["Presence"];
export type QuarantinedLetter = Schemas["QuarantinedLetter"];
export type Queue = Schemas["Queue"];
export type QueueName = Schemas["QueueName"];
export type QuickReply = Schemas["QuickReply"];
export type RequestType = Schemas["RequestType"];
export type Role = Schemas["Role"];
export type Skill = Schemas["Skill"];
export type State = Schemas["State"];
export type Topic = Schemas["Topic"];
export type VisitorFrame = Schemas["VisitorFrame"];
export type Webhook = Schemas["Webhook"];
export type WidgetFrame = Schemas["WidgetFrame"];
export type WidgetSettings = Schemas["WidgetSettings"];

/** The frame of a union that carries this tag. */
export type FrameOf<F extends { type: string }, T extends F["type"]> = Extract<F, { type: T }>;

/** A text in the wanted language, or in the other one when that is empty. */
export function localized(text: Localized, locale: Locale): string {
  const first = (locale === "en" ? text.en : text["zh-CN"]) ?? "";
  const second = (locale === "en" ? text["zh-CN"] : text.en) ?? "";
  return first === "" ? second : first;
}
