/** What the client hears: frames become the log, and the log's news become events. */
import type { LineStatus, Locale, WidgetFrame } from "@hutong/api-client";
import type { Transport } from "./chat-line.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import { Emitter } from "./events.ts";
import { emptyLog, logAfter, toReceive, TYPING_MS, withFailed, type ChatLog } from "./log.ts";
import type { ChatEvents } from "./options.ts";

export abstract class Hearing extends Emitter<ChatEvents> {
  abstract readonly connection: Connection;
  abstract locale: Locale;
  protected abstract readonly now: () => number;
  protected current: ChatLog = emptyLog();
  /** Seen, and not told yet. */
  protected seen = 0;
  protected foreground = false;
  private received: { conversation: string; seq: number } | null = null;
  private stillTyping: ReturnType<typeof setTimeout> | undefined;

  protected owner(name: string): ConnectionOwner {
    return {
      log: () => this.current,
      inFront: () => this.foreground,
      profile: () => ({ locale: this.locale, name: name }),
      onSignedIn: (contact, verified) => {
        this.change({ ...(this.current.contact === null || this.current.contact === contact ? this.current : { ...emptyLog(), outgoing: this.current.outgoing }), contact });
        this.emit("signedIn", { contact, verified });
      },
      onSignedOut: () => this.forgotten(),
      onForgotten: () => this.forgotten(),
      onRecognised: () => undefined,
      onFrame: (frame) => this.heard(frame),
      onStatus: (line, transport) => this.lineIs(line, transport),
      onPoison: (clientId) => this.failed(clientId, "bad_frame"),
      onRestored: (outgoing) => this.change({ ...this.current, outgoing: [...outgoing, ...this.current.outgoing] }),
      onNoSession: () => undefined,
    };
  }

  private forgotten(): void {
    const someone = this.current.contact !== null;
    this.received = null;
    this.seen = 0;
    this.change(emptyLog());
    if (someone) this.emit("signedOut", undefined);
  }

  private lineIs(line: LineStatus, transport: Transport): void {
    if (line === "waiting" || line === "connecting") this.typingEnds();
    this.emit("status", { line, transport });
  }

  private heard(frame: WidgetFrame): void {
    const before = this.current;
    const after = logAfter(before, frame, this.now());
    this.change(after);
    this.emitNew(before, after, frame.type === "message" || frame.type === "ack" || (frame.type === "welcome" && frame.resumed));
    if (after.conversation !== null && JSON.stringify(after.conversation) !== JSON.stringify(before.conversation)) this.emit("state", after.conversation);
    if (frame.type === "read" && (frame.by === "agent" || frame.by === "contact")) this.emit("read", { by: frame.by, seq: frame.seq });
    if (frame.type === "typing") this.typingBegins();
    else if (after.typingUntil === 0 && before.typingUntil !== 0) this.typingEnds();
    if (frame.type === "refused" && typeof frame.retry_after_ms !== "number") this.emit("refused", { clientId: frame.client_id ?? "", code: frame.code });
    if (frame.type === "welcome" && this.foreground) this.connection.line.tell({ type: "attend", foreground: true });
    this.tellMarks();
  }

  /** Each message is told once, whatever came twice. */
  private emitNew(before: ChatLog, after: ChatLog, fresh: boolean): void {
    if (after.messages === before.messages) return;
    const known = new Set(before.messages.map((message) => message.id));
    const conversation = after.conversation?.id ?? "";
    for (const message of after.messages) if (!known.has(message.id)) this.emit("message", { message, conversation, fresh });
  }

  protected tellMarks(): void {
    const { conversation } = this.current;
    if (conversation === null) return;
    if (this.seen > 0 && this.connection.line.tell({ type: "read", seq: this.seen })) {
      this.received = { conversation: conversation.id, seq: this.seen };
      this.seen = 0;
    }
    const seq = toReceive(this.current, this.received);
    if (seq !== null && this.connection.line.tell({ type: "received", seq })) this.received = { conversation: conversation.id, seq };
  }

  private typingBegins(): void {
    clearTimeout(this.stillTyping);
    this.stillTyping = setTimeout(() => this.typingEnds(), TYPING_MS);
    this.emit("typing", true);
  }

  protected typingEnds(): void {
    clearTimeout(this.stillTyping);
    if (this.stillTyping === undefined) return;
    this.stillTyping = undefined;
    this.change({ ...this.current, typingUntil: 0 });
    this.emit("typing", false);
  }

  private failed(clientId: string, code: string): void {
    this.change(withFailed(this.current, clientId, code));
    this.emit("refused", { clientId, code });
  }

  protected change(log: ChatLog): void {
    if (log === this.current) return;
    this.current = log;
    this.emit("change", log);
  }
}
