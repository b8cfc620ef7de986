/** The chat of a desk, for an app: what was said, what is said, and whoever is told of it. Nothing here needs a page. */
import { ApiProblem, mintId, uploadFile, type ChatChannel, type ChatState, type FileRef, type LineStatus, type Locale, type Message, type Schemas } from "@hutong/api-client";
import { Connection, type Kept } from "./connection.ts";
import { Devices, type DeviceToken, type PushRegistration } from "./devices.ts";
import { ChatError } from "./errors.ts";
import { FILES_MAX } from "./files.ts";
import { Hearing } from "./hearing.ts";
import { fromAgent, lastSeq, over, unreadOf, withEarlier, withFailed, withSeen, type ChatLog, type Outgoing } from "./log.ts";
import type { ChatOptions, Words } from "./options.ts";
import type { NotificationWishes, RegisteredDevice } from "./words.ts";
import { ChatStorage, usualStorage } from "./storage.ts";

/** The longest text of one message, in bytes of UTF-8. */
export const TEXT_BYTES_MAX = 16 * 1024;
/** `typing` is told at most so often, in milliseconds. */
const TYPING_EVERY_MS = 3000;
/** The longest preview of what is being typed. */
const PREVIEW_CHARS = 500;
/** Earlier messages come by so many. */
const PAGE = 50;

export class ChatClient extends Hearing {
  /** The language of the person; a device that is registered learns of another one when it is registered again. */
  locale: Locale;
  readonly connection: Connection;
  private readonly storage: ChatStorage;
  private readonly devices: Devices;
  private readonly base: string;
  protected readonly now: () => number;
  private known: Promise<ChatChannel> | null = null;
  private typedAt = 0;

  constructor(private readonly options: ChatOptions) {
    super();
    const { url, channel } = options;
    this.locale = options.locale ?? "zh-CN";
    this.base = `${url.replace(/\/+$/u, "")}/v1`;
    this.now = options.now ?? Date.now;
    this.storage = new ChatStorage(options.storage ?? usualStorage(), channel);
    const Socket = options.WebSocket ?? globalThis.WebSocket;
    this.connection = new Connection({
      channel, storage: this.storage, base: this.base, now: this.now,
      fetch: options.fetch, random: options.random, identityToken: options.identityToken,
      openSocket: () => new Socket(`${this.base.replace(/^http/u, "ws")}/socket/visitor`),
      device: () => (this.storage.registered() ? this.storage.device() : null),
    }, this.owner(options.name ?? ""));
    this.devices = new Devices({
      api: this.connection.api, storage: this.storage, appVersion: options.appVersion ?? "0", locale: () => this.locale,
      channel: () => this.channel(), ensureSession: () => this.connection.ensureSession(),
    });
  }

  get log(): ChatLog {
    return this.current;
  }
  get conversation(): ChatState | null {
    return this.current.conversation;
  }
  get messages(): readonly Message[] {
    return this.current.messages;
  }
  /** What was said and is not in the log yet. */
  get outgoing(): readonly Outgoing[] {
    return this.current.outgoing;
  }
  get unread(): number {
    return unreadOf(this.current);
  }
  get status(): LineStatus {
    return this.connection.line.status;
  }

  /** Goes on where the person stopped; asks the app's backend who is here. */
  async start(): Promise<void> {
    this.connection.start();
    if (!this.options.identityToken) return;
    const found = await this.connection.recognise();
    if (found === "refused") this.emit("refused", { clientId: "", code: "identity" });
  }

  /** Ends the line; what waits stays stored. */
  stop(): void {
    this.typingEnds();
    this.connection.line.stop();
  }

  /** The network is back, or the app came to the front. */
  wake(): void {
    this.connection.line.wake();
  }

  /** The channel: its name, topics, limits, and what it can push. Asked for once. */
  channel(): Promise<ChatChannel> {
    this.known ??= this.connection.open.get<ChatChannel>(`/chat/${encodeURIComponent(this.options.channel)}`).catch((error: unknown) => {
      this.known = null;
      throw error;
    });
    return this.known;
  }

  /** Says something: kept until the desk has it, also without a network and through restarts. */
  async send({ text = "", files = [], topic = null, requestType = null }: Words): Promise<{ clientId: string }> {
    const said = text.trim();
    if (said === "" && files.length === 0) throw new ChatError("empty");
    if (new TextEncoder().encode(said).length > TEXT_BYTES_MAX) throw new ChatError("too_long");
    if (files.length > FILES_MAX) throw new ChatError("too_many_files");
    this.connection.begins();
    const frame: Kept = {
      type: "send", client_id: mintId(this.now()), text: said, files: files.map((file) => file.id), topic, request_type: requestType,
    };
    if (!this.connection.outbox.add(frame, this.now())) throw new ChatError("too_much_waiting");
    const outgoing = { clientId: frame.client_id, at: this.now(), text: said, files: [...files], failed: null };
    this.change({ ...this.current, outgoing: [...this.current.outgoing, outgoing] });
    if (await this.connection.ensureSession()) this.connection.line.deliver(frame);
    return { clientId: frame.client_id };
  }

  /** Says again what was refused. */
  resend(clientId: string, { topic = null, requestType = null }: Pick<Words, "topic" | "requestType"> = {}): void {
    const one = this.current.outgoing.find((outgoing) => outgoing.clientId === clientId);
    if (one === undefined) return;
    this.change(withFailed(this.current, clientId, null));
    // Nothing changed when it was refused, so the same id is free to be used again.
    this.connection.line.deliver({ type: "send", client_id: clientId, text: one.text, files: one.files.map((file) => file.id), topic, request_type: requestType });
  }

  discard(clientId: string): void {
    this.connection.outbox.settle(clientId);
    this.change({ ...this.current, outgoing: this.current.outgoing.filter((one) => one.clientId !== clientId) });
  }

  /** Sends a file; what comes back goes along with `send`. */
  async upload(file: Blob, { name, onProgress, signal }: { name?: string; onProgress?: (share: number) => void; signal?: AbortSignal } = {}): Promise<FileRef> {
    if (!(await this.connection.ensureSession())) throw new ChatError("no_session");
    const named = name ?? (file as Partial<File>).name ?? "file";
    const once = () =>
      uploadFile(file, {
        name: named, url: `${this.base}/files`, token: this.connection.bearer, onProgress: onProgress ?? (() => undefined),
        ...(signal ? { signal } : {}), ...(this.options.fetch ? { fetch: this.options.fetch } : {}),
      });
    return once().catch(async (error: unknown) => {
      if (!(error instanceof ApiProblem) || error.status !== 401 || (await this.connection.signIn()) !== "ok") throw error;
      return once();
    });
  }

  /** The bytes of a file. */
  file(file: Pick<FileRef, "id">, signal?: AbortSignal): Promise<Blob> {
    return this.connection.api.blob(`/files/${encodeURIComponent(file.id)}`, signal);
  }

  /** The person has seen everything up to here: the last word of an agent when nothing is said. */
  markRead(seq: number = lastSeq(this.current.messages.filter(fromAgent))): void {
    const { conversation } = this.current;
    if (conversation === null || seq <= conversation.read_by_contact) return;
    this.seen = seq;
    this.change(withSeen(this.current, seq));
    this.tellMarks();
  }

  /** The person is typing; told rarely, and with the words only where the desk shows them. */
  typing(preview?: string): void {
    if (this.conversation?.state !== "active" || this.now() - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = this.now();
    this.connection.line.tell(preview === undefined ? { type: "typing" } : { type: "typing", preview: preview.slice(0, PREVIEW_CHARS) });
  }

  /** Ends the conversation. */
  end(): { clientId: string } {
    if (this.conversation === null || over(this.conversation)) throw new ChatError("no_conversation");
    return this.deliver({ type: "end", client_id: mintId(this.now()) });
  }

  /** Rates the conversation, from 1 to 5. */
  rate(grade: number, comment = "", conversation: string | undefined = this.conversation?.id): { clientId: string } {
    if (conversation === undefined) throw new ChatError("no_conversation");
    return this.deliver({ type: "rate", client_id: mintId(this.now()), conversation, grade, comment: comment.trim() });
  }

  /** Loads messages of the conversation from before those that are here. */
  async earlier(): Promise<readonly Message[]> {
    const first = this.current.messages[0]?.seq ?? 1;
    if (this.current.history === "loading" || first <= 1) return [];
    this.change({ ...this.current, history: "loading" });
    try {
      const { messages } = await this.connection.api.get<Schemas["MessageList"]>("/chat/messages", { before_seq: first, limit: PAGE });
      this.change(withEarlier(this.current, messages));
      return messages;
    } catch (error) {
      this.change({ ...this.current, history: "failed" });
      throw error;
    }
  }

  /** Is the app in front? Nothing is pushed to a device whose app is. */
  setForeground(foreground: boolean): void {
    this.foreground = foreground;
    this.connection.line.tell({ type: "attend", foreground });
    if (foreground) this.wake();
  }

  registerDevice(device: DeviceToken): Promise<RegisteredDevice> {
    return this.devices.register(device).then((registered) => this.attendAnew(registered));
  }

  enableWebPush(registration: PushRegistration): Promise<RegisteredDevice> {
    return this.devices.enableWebPush(registration).then((registered) => this.attendAnew(registered));
  }

  disableWebPush(registration: PushRegistration): Promise<void> {
    return this.devices.disableWebPush(registration);
  }

  removeDevice(): Promise<void> {
    return this.devices.remove();
  }

  /** Is this installation registered for notifications? */
  get registered(): boolean {
    return this.storage.registered();
  }

  notifications(): Promise<NotificationWishes> {
    return this.devices.notifications();
  }

  setNotifications(wanted: NotificationWishes): Promise<NotificationWishes> {
    return this.devices.setNotifications(wanted);
  }

  /**
   * The person signs out of the app: nothing of them stays here. `deviceRemoved` is false when the desk could not be
   * told; then delete the provider's token as well, so that nothing is pushed to whoever is here next.
   */
  async signOut(): Promise<{ deviceRemoved: boolean }> {
    let deviceRemoved = true;
    if (this.storage.registered()) deviceRemoved = await this.devices.remove().then(() => true, () => false);
    this.connection.reset();
    this.storage.clear();
    return { deviceRemoved };
  }

  private deliver(frame: Kept): { clientId: string } {
    if (!this.connection.line.deliver(frame)) throw new ChatError("too_much_waiting");
    return { clientId: frame.client_id };
  }

  /** The line begins anew, so that the desk knows which device is on it. */
  private attendAnew(registered: RegisteredDevice): RegisteredDevice {
    this.connection.line.restart();
    return registered;
  }
}
