/** The panel as the owner of the one client: what the client hears becomes actions of the model. */
import { Connection, type ConnectionOwner } from "@hutong/chat";
import type { ApiClient, ChatChannel, LineStatus, Schemas } from "@hutong/api-client";
import { toMarkRead, toMarkReceived } from "./model/select.ts";
import type { Model } from "./model/model.ts";
import type { StoredDraft } from "./storage.ts";
import { Talk, type SessionPorts } from "./talk.ts";

/** A line that is down for longer than this is spoken of. */
const LATE_MS = 1500;
/** How soon the channel is asked for again after a failure. */
const CHANNEL_RETRY_MS = 5000;
/** Earlier messages come by so many. */
const PAGE = 50;

export class Session extends Talk {
  protected readonly connection: Connection;
  /** What somebody of an earlier page had begun to write, until it is known who is here. */
  private draft: StoredDraft | null = null;

  constructor(ports: SessionPorts) {
    super(ports);
    this.connection = new Connection(ports, this.owner());
    ports.store.listen((model) => this.modelChanged(model));
  }

  get api(): ApiClient {
    return this.connection.api;
  }

  /** The bearer token, for uploads. */
  get bearer(): string | null {
    return this.connection.bearer;
  }

  /** Loads the channel; goes on where the person stopped. */
  start(): void {
    this.keepDraft();
    this.connection.start();
    void this.loadChannel();
  }

  async loadChannel(): Promise<void> {
    const { store } = this.ports;
    store.dispatch({ type: "channel_retried" });
    try {
      const channel = await this.connection.open.get<ChatChannel>(`/chat/${encodeURIComponent(this.ports.channel)}`);
      store.dispatch({ type: "channel_loaded", channel });
    } catch {
      store.dispatch({ type: "channel_failed" });
      setTimeout(() => void this.loadChannel(), CHANNEL_RETRY_MS);
    }
  }

  /** Takes the visitor that this browser knows, perhaps from another tab, or forgets with it. */
  adopt(): void {
    this.keepDraft();
    this.connection.adopt();
  }

  /** The website's backend vouches for the person. */
  identify(identityToken: string): Promise<void> {
    return this.connection.identify(identityToken);
  }

  /** The person signs out of the website, or leaves a shared computer: nothing of them stays here. */
  reset(): void {
    this.connection.reset();
  }

  /** The network or the page woke up. */
  wake(): void {
    this.connection.line.wake();
  }

  continueHere(): void {
    this.connection.line.start();
  }

  ensureSession(): Promise<boolean> {
    return this.connection.ensureSession();
  }

  /** Forgets a session that the desk no longer accepts. */
  startAgain(): void {
    this.connection.startAgain();
  }

  async loadEarlier(): Promise<void> {
    const { store } = this.ports;
    const first = this.model.messages[0]?.seq ?? 1;
    if (this.model.history === "loading" || first <= 1) return;
    store.dispatch({ type: "history_asked" });
    try {
      const page = await this.api.get<Schemas["MessageList"]>("/chat/messages", { before_seq: first, limit: PAGE });
      store.dispatch({ type: "history_loaded", messages: page.messages });
    } catch {
      store.dispatch({ type: "history_failed" });
    }
  }

  private keepDraft(): void {
    const { draft, topic, name } = this.model;
    this.draft = { draft, topic, name };
  }

  private owner(): ConnectionOwner {
    const { store, now } = this.ports;
    return {
      log: () => this.model,
      inFront: () => this.model.shown,
      profile: () => this.model,
      onSignedIn: (contact, verified) => store.dispatch({ type: "signed_in", contact, verified }),
      onSignedOut: () => store.dispatch({ type: "signed_out" }),
      onForgotten: () => store.dispatch({ type: "forgotten" }),
      onRecognised: () => {
        if (this.draft !== null && this.model.draft === "") store.dispatch({ type: "draft_restored", ...this.draft });
      },
      onFrame: (frame) => store.dispatch({ type: "frame", frame, now: now() }),
      onStatus: (status) => this.lineChanged(status),
      onPoison: (clientId) => store.dispatch({ type: "poisoned", clientId }),
      onRestored: (outgoing) => store.dispatch({ type: "outgoing_restored", outgoing }),
      onNoSession: () => store.dispatch({ type: "problem", code: "session" }),
    };
  }

  private lineChanged(status: LineStatus): void {
    const { store } = this.ports;
    store.dispatch({ type: "line", status });
    if (status === "waiting" || status === "connecting") setTimeout(() => store.dispatch({ type: "line_late" }), LATE_MS);
  }

  private modelChanged(model: Model): void {
    const { line } = this.connection;
    const seq = toMarkRead(model);
    if (seq !== null && line.tell({ type: "read", seq })) this.ports.store.dispatch({ type: "read_told", seq });
    const received = seq === null ? toMarkReceived(model) : null;
    if (received !== null && line.tell({ type: "received", seq: received })) this.ports.store.dispatch({ type: "received_told", seq: received });
  }
}
