/** What the person says, rates and ends: into the outbox, onto the line, and shown as on its way. */
import { mintId, type FrameOf, type SocketLike, type VisitorFrame } from "@hutong/api-client";
import type { Connection } from "@hutong/chat";
import { asked, sendable } from "./model/select.ts";
import { TEXT_BYTES_MAX, type Model } from "./model/model.ts";
import type { Store } from "./store.ts";
import type { PanelStorage } from "./storage.ts";

/** What the world gives to a session. */
export interface SessionPorts {
  channel: string;
  store: Store;
  storage: PanelStorage;
  openSocket: () => SocketLike;
  fetch?: typeof fetch;
  now: () => number;
}

/** `typing` is told at most so often. */
const TYPING_EVERY_MS = 3000;
/** The longest preview of what is being typed. */
const PREVIEW_CHARS = 500;
export abstract class Talk {
  protected abstract readonly connection: Connection;
  /** The page from which the person writes. */
  private page: string | null = null;
  private typedAt = 0;

  constructor(protected readonly ports: SessionPorts) {}

  /** A session begins with the first word or file, not before: nobody is counted who only looked. */
  abstract ensureSession(): Promise<boolean>;

  protected get model(): Model {
    return this.ports.store.model;
  }

  onPage(page: string | null): void {
    this.page = page;
  }

  /** Says what the composer holds. */
  async say(): Promise<void> {
    const { store } = this.ports;
    const model = this.model;
    if (!sendable(model)) return;
    this.connection.begins();
    if (asked(model).name === "required" && model.name.trim() === "" && model.conversation === null) {
      store.dispatch({ type: "name_missing" });
      return;
    }
    const text = model.draft.trim();
    if (new TextEncoder().encode(text).length > TEXT_BYTES_MAX) {
      store.dispatch({ type: "problem", code: "too_long" });
      return;
    }
    const files = model.attachments.flatMap((one) => one.file ?? []);
    const frame: FrameOf<VisitorFrame, "send"> = {
      type: "send",
      client_id: mintId(this.ports.now()),
      text,
      files: files.map((file) => file.id),
      topic: model.topic,
      request_type: model.requestType,
      page_url: this.page,
    };
    if (!this.connection.outbox.add(frame, this.ports.now())) {
      store.dispatch({ type: "problem", code: "too_much_waiting" });
      return;
    }
    const outgoing = { clientId: frame.client_id, at: this.ports.now(), text, files, failed: null };
    store.dispatch({ type: "said", outgoing });
    if (await this.ensureSession()) this.connection.line.deliver(frame);
  }

  resend(clientId: string): void {
    const one = this.model.outgoing.find((outgoing) => outgoing.clientId === clientId);
    if (one === undefined) return;
    this.ports.store.dispatch({ type: "outgoing_retried", clientId });
    const files = one.files.map((file) => file.id);
    // Nothing changed when it was refused, so the same id is free to be used again.
    const { topic, requestType } = this.model;
    this.connection.line.deliver({ type: "send", client_id: clientId, text: one.text, files, topic, request_type: requestType });
  }

  discard(clientId: string): void {
    this.connection.outbox.settle(clientId);
    this.ports.store.dispatch({ type: "outgoing_dropped", clientId });
  }

  typed(text: string): void {
    this.ports.store.dispatch({ type: "draft_typed", text });
    const { conversation, channel } = this.model;
    const now = this.ports.now();
    if (conversation?.state !== "active" || text === "" || now - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = now;
    const preview = channel?.widget.typing_preview === true ? text.slice(0, PREVIEW_CHARS) : null;
    this.connection.line.tell(preview === null ? { type: "typing" } : { type: "typing", preview });
  }

  end(): void {
    this.ports.store.dispatch({ type: "end_said" });
    this.connection.line.deliver({ type: "end", client_id: mintId(this.ports.now()) });
  }

  rate(): void {
    const { conversation, rating } = this.model;
    if (conversation === null || rating.grade === null) return;
    this.ports.store.dispatch({ type: "rate_said" });
    this.connection.line.deliver({
      type: "rate",
      client_id: mintId(this.ports.now()),
      conversation: conversation.id,
      grade: rating.grade,
      comment: rating.comment.trim(),
    });
  }
}
