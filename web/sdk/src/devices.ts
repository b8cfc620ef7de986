/** Where a person is told of answers while the app is closed. */
import { ApiProblem, type ApiClient, type ChatChannel, type Locale, type Schemas } from "@hutong/api-client";
import { ChatError } from "./errors.ts";
import type { NotificationWishes, PushProvider, RegisteredDevice } from "./words.ts";
import type { ChatStorage } from "./storage.ts";

/** What an app knows of its device. */
export interface DeviceToken {
  provider: PushProvider;
  /** The provider's token: of FCM, APNs (hexadecimal), JPush or Huawei. */
  token: string;
  /** Such as `Pixel 9`; shown to whoever serves the person. */
  model?: string;
}

/** The part of a `ServiceWorkerRegistration` that is used. */
export interface PushRegistration {
  pushManager: {
    getSubscription(): Promise<PushSubscriptionLike | null>;
    subscribe(options: { userVisibleOnly: true; applicationServerKey: Uint8Array<ArrayBuffer> }): Promise<PushSubscriptionLike>;
  };
}

export interface PushSubscriptionLike {
  readonly options?: { readonly applicationServerKey?: ArrayBuffer | null };
  toJSON(): { endpoint?: string; keys?: Record<string, string> };
  unsubscribe(): Promise<boolean>;
}

export interface DevicesPorts {
  api: ApiClient;
  storage: ChatStorage;
  appVersion: string;
  locale: () => Locale;
  channel: () => Promise<ChatChannel>;
  ensureSession: () => Promise<boolean>;
}

/** The longest name of a device that the gateway takes, in characters. */
const MODEL_CHARS_MAX = 100;

export class Devices {
  constructor(private readonly ports: DevicesPorts) {}

  /** Registers this device, again whenever the provider gives it another token. */
  async register({ provider, token, model }: DeviceToken): Promise<RegisteredDevice> {
    const { api, storage, appVersion, locale } = this.ports;
    if (!(await this.ports.ensureSession())) throw new ChatError("no_session");
    const body: Schemas["DeviceWish"] = { provider, token, locale: locale(), app_version: appVersion, ...(model ? { model } : {}) };
    const registered = await api.put<RegisteredDevice>(this.path(), body);
    storage.setRegistered(true);
    return registered;
  }

  /** Web Push: asks the person if they were not asked yet, so it is called by a press on a button. */
  async enableWebPush({ pushManager }: PushRegistration): Promise<RegisteredDevice> {
    const key = (await this.ports.channel()).push?.web_push_key;
    if (!key) throw new ChatError("push_not_set_up");
    const wanted = bytesOf(key);
    let subscription = await pushManager.getSubscription();
    // One that was made for another key is refused by every push service.
    if (subscription !== null && !sameKey(subscription.options?.applicationServerKey, wanted)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
    const { endpoint, keys } = subscription.toJSON();
    const token = JSON.stringify({ endpoint, keys: { p256dh: keys?.["p256dh"], auth: keys?.["auth"] } });
    return this.register({ provider: "web_push", token, model: systemName() });
  }

  /** Nothing is pushed to this device any more. */
  async disableWebPush({ pushManager }: PushRegistration): Promise<void> {
    await (await pushManager.getSubscription())?.unsubscribe();
    await this.remove();
  }

  /** Takes this device off the person's list; one that stands on none is off already. */
  async remove(): Promise<void> {
    try {
      await this.ports.api.delete(this.path());
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 404) throw error;
    }
    this.ports.storage.setRegistered(false);
  }

  notifications(): Promise<NotificationWishes> {
    return this.ports.api.get("/chat/notifications");
  }

  async setNotifications(wanted: NotificationWishes): Promise<NotificationWishes> {
    return (await this.ports.api.put<NotificationWishes | undefined>("/chat/notifications", wanted)) ?? wanted;
  }

  private path(): string {
    return `/chat/devices/${encodeURIComponent(this.ports.storage.device())}`;
  }
}

/** The system below this browser, such as `Android`; empty where it is not told. */
function systemName(): string {
  const { navigator } = globalThis as { navigator?: { userAgentData?: { platform?: string }; platform?: string } };
  return (navigator?.userAgentData?.platform || navigator?.platform || "").slice(0, MODEL_CHARS_MAX);
}

/** The bytes of a text in base64url. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

function sameKey(known: ArrayBuffer | null | undefined, wanted: Uint8Array): boolean {
  // A browser that does not tell is believed.
  if (!known) return true;
  const bytes = new Uint8Array(known);
  return bytes.length === wanted.length && bytes.every((byte, n) => byte === wanted[n]);
}
