/** Everything that can happen to the panel. */
import type { ChatChannel, FileRef, LineStatus, Locale, Message, WidgetFrame } from "@hutong/api-client";
import type { Attachment, MailWish, Outgoing } from "./model.ts";

export type Action =
  | { type: "channel_loaded"; channel: ChatChannel }
  | { type: "channel_failed" }
  | { type: "channel_retried" }
  | { type: "signed_in"; contact: string; verified: boolean }
  | { type: "signed_out" }
  | { type: "forgotten" }
  | { type: "draft_restored"; draft: string; topic: string | null; name: string }
  | { type: "line"; status: LineStatus }
  | { type: "line_late" }
  | { type: "frame"; frame: WidgetFrame; now: number }
  | { type: "tick"; now: number }
  | { type: "topic_chosen"; topic: string | null }
  | { type: "request_type_chosen"; requestType: string | null }
  | { type: "name_typed"; name: string }
  | { type: "name_missing" }
  | { type: "draft_typed"; text: string }
  | { type: "said"; outgoing: Outgoing }
  | { type: "outgoing_restored"; outgoing: Outgoing[] }
  | { type: "poisoned"; clientId: string }
  | { type: "outgoing_dropped"; clientId: string }
  | { type: "outgoing_retried"; clientId: string }
  | { type: "file_picked"; attachment: Attachment }
  | { type: "file_progress"; id: string; share: number }
  | { type: "file_uploaded"; id: string; file: FileRef }
  | { type: "file_failed"; id: string; code: string }
  | { type: "file_retried"; id: string }
  | { type: "file_removed"; id: string }
  | { type: "history_asked" }
  | { type: "history_loaded"; messages: Message[] }
  | { type: "history_failed" }
  | { type: "shown"; shown: boolean }
  | { type: "read_told"; seq: number }
  | { type: "received_told"; seq: number }
  | { type: "end_asked" }
  | { type: "end_dismissed" }
  | { type: "end_said" }
  | { type: "mail_asked"; what: MailWish }
  | { type: "mail_dismissed" }
  | { type: "call_asked" }
  | { type: "call_dismissed" }
  | { type: "grade_chosen"; grade: number }
  | { type: "comment_typed"; text: string }
  | { type: "rate_said" }
  | { type: "locale_chosen"; locale: Locale }
  | { type: "elder_switched"; elder: boolean }
  | { type: "problem"; code: string; params?: Record<string, string | number> }
  | { type: "problem_dismissed" };
