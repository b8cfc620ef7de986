/** Carries out what the person does: signs in, says, rates, ends. Decides nothing that the model can. */
import {
  ApiClient, ApiProblem, Outbox, ResumingSocket, mintId,
  type Acked, type ChatChannel, type FrameOf, type LineStatus, type Schemas, type SocketLike, type VisitorFrame,
} from "@hutong/api-client";
import { asked, sendable, toMarkRead } from "./model/select.ts";
import { TEXT_BYTES_MAX, type Model } from "./model/model.ts";
import type { Store } from "./store.ts";
import type { PanelStorage } from "./storage.ts";

type Kept = VisitorFrame & Acked;

/** What the world gives to a session. */
export interface SessionPorts {
  channel: string;
  store: Store;
  storage: PanelStorage;
  openSocket: () => SocketLike;
  fetch?: typeof fetch;
  now: () => number;
}

/** What became of asking for a session. */
type SignIn = "ok" | "refused" | "unreachable";

/** A line that is down for longer than this is spoken of. */
const LATE_MS = 1500;
/** `typing` is told at most so often. */
const TYPING_EVERY_MS = 3000;
/** The longest preview of what is being typed. */
const PREVIEW_CHARS = 500;
/** How soon the channel is asked for again after a failure. */
const CHANNEL_RETRY_MS = 5000;
/** Earlier messages come by so many. */
const PAGE = 50;

export class Session {
  readonly api: ApiClient;
  /** For what needs no session: the channel, and the session itself. */
  private readonly open: ApiClient;
  private readonly outbox: Outbox<Kept>;
  private readonly socket: ResumingSocket<VisitorFrame, { type: string }>;
  private token: string | null = null;
  private signingIn: Promise<SignIn> | null = null;
  private identity: string | null = null;
  /** The page from which the person writes. */
  private page: string | null = null;
  private typedAt = 0;

  constructor(private readonly ports: SessionPorts) {
    const { store, storage } = ports;
    const base = ports.fetch ? { fetch: ports.fetch } : {};
    this.open = new ApiClient(base);
    this.api = new ApiClient({ ...base, token: () => this.token, renew: async () => (await this.signIn()) === "ok" });
    this.outbox = new Outbox<Kept>(storage.outbox());
    this.socket = new ResumingSocket<VisitorFrame, { type: string }>({
      open: ports.openSocket,
      hello: () => this.hello(),
      outbox: this.outbox,
      // The gateway speaks this protocol; a frame of a later one passes the reducer by.
      onFrame: (frame) => store.dispatch({ type: "frame", frame: frame as never, now: ports.now() }),
      onStatus: (status) => this.lineChanged(status),
      onPoison: (frame) => store.dispatch({ type: "poisoned", clientId: frame.client_id }),
      // Without an answer the old token may still be good: only a refusal ends the session.
      renew: async () => (await this.signIn()) !== "refused",
      now: ports.now,
    });
    store.listen((model) => this.modelChanged(model));
  }

  private get model(): Model {
    return this.ports.store.model;
  }

  /** The bearer token, for uploads. */
  get bearer(): string | null {
    return this.token;
  }

  /** Loads the channel; goes on where the person stopped. */
  start(): void {
    this.adopt();
    this.restoreOutgoing();
    void this.loadChannel();
  }

  async loadChannel(): Promise<void> {
    const { store } = this.ports;
    store.dispatch({ type: "channel_retried" });
    try {
      const channel = await this.open.get<ChatChannel>(`/chat/${encodeURIComponent(this.ports.channel)}`);
      store.dispatch({ type: "channel_loaded", channel });
    } catch {
      store.dispatch({ type: "channel_failed" });
      setTimeout(() => void this.loadChannel(), CHANNEL_RETRY_MS);
    }
  }

  /** Takes the visitor that this browser knows, perhaps from another tab. */
  adopt(): void {
    const stored = this.ports.storage.visitor();
    if (stored === null || stored.token === this.token) return;
    this.token = stored.token;
    this.ports.store.dispatch({ type: "signed_in", contact: stored.contact, verified: stored.verified });
    this.socket.restart();
  }

  /** The website's backend vouches for the person. */
  async identify(identityToken: string): Promise<void> {
    if (this.identity === identityToken) return;
    this.identity = identityToken;
    if ((await this.signIn()) === "ok") this.socket.restart();
  }

  onPage(page: string | null): void {
    this.page = page;
  }

  /** The network or the page woke up. */
  wake(): void {
    this.socket.wake();
  }

  continueHere(): void {
    this.socket.start();
  }

  /** Says what the composer holds. */
  async say(): Promise<void> {
    const { store } = this.ports;
    const model = this.model;
    if (!sendable(model)) return;
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
    if (!this.outbox.add(frame, this.ports.now())) {
      store.dispatch({ type: "problem", code: "too_much_waiting" });
      return;
    }
    const outgoing = { clientId: frame.client_id, at: this.ports.now(), text, files, failed: null };
    store.dispatch({ type: "said", outgoing });
    if (await this.ensureSession()) this.socket.deliver(frame);
  }

  resend(clientId: string): void {
    const one = this.model.outgoing.find((outgoing) => outgoing.clientId === clientId);
    if (one === undefined) return;
    this.ports.store.dispatch({ type: "outgoing_retried", clientId });
    const files = one.files.map((file) => file.id);
    // Nothing changed when it was refused, so the same id is free to be used again.
    const { topic, requestType } = this.model;
    this.socket.deliver({ type: "send", client_id: clientId, text: one.text, files, topic, request_type: requestType });
  }

  discard(clientId: string): void {
    this.outbox.settle(clientId);
    this.ports.store.dispatch({ type: "outgoing_dropped", clientId });
  }

  typed(text: string): void {
    this.ports.store.dispatch({ type: "draft_typed", text });
    const { conversation, channel } = this.model;
    const now = this.ports.now();
    if (conversation?.state !== "active" || text === "" || now - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = now;
    const preview = channel?.widget.typing_preview === true ? text.slice(0, PREVIEW_CHARS) : null;
    this.socket.tell(preview === null ? { type: "typing" } : { type: "typing", preview });
  }

  end(): void {
    this.ports.store.dispatch({ type: "end_said" });
    this.socket.deliver({ type: "end", client_id: mintId(this.ports.now()) });
  }

  rate(): void {
    const { conversation, rating } = this.model;
    if (conversation === null || rating.grade === null) return;
    this.ports.store.dispatch({ type: "rate_said" });
    this.socket.deliver({
      type: "rate",
      client_id: mintId(this.ports.now()),
      conversation: conversation.id,
      grade: rating.grade,
      comment: rating.comment.trim(),
    });
  }

  async loadEarlier(): Promise<void> {
    const { store } = this.ports;
    const first = this.model.messages[0]?.seq ?? 1;
    if (this.model.history === "loading" || first <= 1) return;
    store.dispatch({ type: "history_asked" });
    try {
      const page = await this.api.get<Schemas["MessageList"]>("/chat/messages", { before_seq: first, limit: PAGE });
      store.dispatch({ type: "history_loaded", messages: page.messages, exhausted: page.messages.length === 0 });
    } catch {
      store.dispatch({ type: "history_failed" });
    }
  }

  /** A session begins with the first word or file, not before: nobody is counted who only looked. */
  async ensureSession(): Promise<boolean> {
    if (this.token !== null) return true;
    if ((await this.signIn()) !== "ok") {
      this.ports.store.dispatch({ type: "problem", code: "session" });
      setTimeout(() => void this.ensureSessionFor(), CHANNEL_RETRY_MS);
      return false;
    }
    this.socket.start();
    return true;
  }

  /** What was said without a session waits for one. */
  private async ensureSessionFor(): Promise<void> {
    if (this.token === null && this.outbox.size > 0) await this.ensureSession();
  }

  private signIn(): Promise<SignIn> {
    this.signingIn ??= this.askForSession().finally(() => {
      this.signingIn = null;
    });
    return this.signingIn;
  }

  private async askForSession(): Promise<SignIn> {
    const { locale, name } = this.model;
    try {
      const answer = await this.open.post<Schemas["ChatSession"]>(`/chat/${encodeURIComponent(this.ports.channel)}/sessions`, {
        locale,
        ...(this.token === null ? {} : { token: this.token }),
        ...(this.identity === null ? {} : { identity_token: this.identity }),
        ...(name.trim() === "" ? {} : { name: name.trim() }),
      });
      this.token = answer.token;
      this.ports.storage.setVisitor({ token: answer.token, contact: answer.contact, verified: answer.verified });
      this.ports.store.dispatch({ type: "signed_in", contact: answer.contact, verified: answer.verified });
      return "ok";
    } catch (error) {
      const refused = error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (refused && this.identity !== null) {
        // The website's word for the person ran out or is wrong; who they are here still holds.
        this.identity = null;
        return this.askForSession();
      }
      return refused ? "refused" : "unreachable";
    }
  }

  /** Forgets a session that the desk no longer accepts. */
  startAgain(): void {
    this.socket.stop();
    this.token = null;
    this.ports.storage.setVisitor(null);
    this.outbox.entries().forEach((entry) => this.outbox.settle(entry.frame.client_id));
    this.ports.store.dispatch({ type: "signed_out" });
  }

  private hello(): VisitorFrame {
    const { epoch, conversation, resumeSeq } = this.model;
    const resume = epoch === null || conversation === null ? null : { epoch, conversation: conversation.id, seq: resumeSeq };
    return { type: "hello", token: this.token ?? "", resume };
  }

  private lineChanged(status: LineStatus): void {
    const { store } = this.ports;
    store.dispatch({ type: "line", status });
    if (status === "waiting" || status === "connecting") setTimeout(() => store.dispatch({ type: "line_late" }), LATE_MS);
  }

  /** What was on its way before a reload is shown again as on its way. */
  private restoreOutgoing(): void {
    const outgoing = this.outbox.entries().flatMap(({ frame, at }) => {
      if (frame.type !== "send") return [];
      const files = (frame.files ?? []).map((id) => ({ id, name: "", media_type: "", bytes: 0 }));
      return [{ clientId: frame.client_id, at, text: frame.text ?? "", files, failed: null }];
    });
    if (outgoing.length > 0) this.ports.store.dispatch({ type: "outgoing_restored", outgoing });
    void this.ensureSessionFor();
  }

  private modelChanged(model: Model): void {
    const seq = toMarkRead(model);
    if (seq !== null && this.socket.tell({ type: "read", seq })) {
      this.ports.store.dispatch({ type: "read_told", seq });
    }
  }
}
