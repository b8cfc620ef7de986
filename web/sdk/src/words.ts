/** The words of apps, by short names. */
import type { Schemas } from "@hutong/api-client";

/** Who carries notifications to a device. */
export type PushProvider = Schemas["PushProvider"];
export type RegisteredDevice = Schemas["RegisteredDevice"];
export type QuietHours = Schemas["QuietHours"];
/** What the person wants to be told of, and how. */
export type NotificationWishes = Schemas["NotificationWishes"];

/** What a device is told of. */
export type NotificationKind = "answer" | "status" | "reminder" | "rating";

/** What a notification carries; Web Push has it as JSON, the others as data fields, where numbers are texts. */
export interface PushPayload {
  /** The same whenever the same is pushed again. */
  id: string;
  conversation: string;
  channel: string;
  kind: NotificationKind;
  /** Up to here. */
  seq: number;
  title: string;
  body: string;
  /** So many messages are unread. */
  badge: number;
}
