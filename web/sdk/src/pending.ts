/** Words of the wire that the published description does not have yet. */
import type { ChatChannel, VisitorFrame } from "@hutong/api-client";

/** Who carries notifications to a device. */
export type PushProvider = "web_push" | "fcm" | "apns" | "jpush" | "huawei";

/** What a device is told of. */
export type NotificationKind = "answer" | "status" | "reminder" | "rating";

/** What a channel says of notifications. */
export interface ChannelPush {
  /** The key for `PushManager.subscribe`, base64url; null where Web Push is not set up. */
  web_push_key: string | null;
  providers: PushProvider[];
}

export type AppChannel = ChatChannel & { push?: ChannelPush | null };

/** The address at which a device gets notifications. */
export interface DeviceRegistration {
  provider: PushProvider;
  /** The provider's token; for Web Push the subscription as JSON. */
  token: string;
  locale: string;
  app_version: string;
  model?: string;
}

export interface RegisteredDevice {
  device: string;
  provider: PushProvider;
  registered_at: number;
}

/** Hours in which nothing is pushed, by the person's clock. */
export interface QuietHours {
  /** `22:00`. */
  from: string;
  to: string;
  /** Such as `Asia/Shanghai`. */
  time_zone: string;
}

/** What the person wants to be told of, and how. */
export type NotificationSettings = Record<NotificationKind, boolean> & {
  /** Without the words themselves. */
  private: boolean;
  quiet: QuietHours | null;
};

/** What a notification carries; Web Push has it as JSON, the others as data fields. */
export interface PushPayload {
  id: string;
  conversation: string;
  channel: string;
  kind: NotificationKind;
  seq: number;
  title: string;
  body: string;
  badge: number;
}

/** Is the app of this device in front? While it is, nothing is pushed to it. */
export interface AttendFrame {
  type: "attend";
  foreground: boolean;
}

/** What an app says on the line. */
export type AppFrame = Exclude<VisitorFrame, { type: "hello" }> | (Extract<VisitorFrame, { type: "hello" }> & { device?: string }) | AttendFrame;
