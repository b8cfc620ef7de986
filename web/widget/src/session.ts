/** Who the person is, and the line to the gateway. Decides nothing that the model can. */
import {
  ApiClient, ApiProblem, Outbox, ResumingSocket,
  type ChatChannel, type LineStatus, type Schemas, type VisitorFrame,
} from "@hutong/api-client";
import { toMarkRead, toMarkReceived } from "./model/select.ts";
import type { Model } from "./model/model.ts";
import type { StoredDraft, StoredVisitor } from "./storage.ts";
import { Talk, type Kept, type SessionPorts } from "./talk.ts";

/** What became of asking for a session. */
type SignIn = "ok" | "refused" | "unreachable";

/** A line that is down for longer than this is spoken of. */
const LATE_MS = 1500;
/** How soon the channel is asked for again after a failure. */
const CHANNEL_RETRY_MS = 5000;
/** Earlier messages come by so many. */
const PAGE = 50;

export class Session extends Talk {
  readonly api: ApiClient;
  /** For what needs no session: the channel, and the session itself. */
  private readonly open: ApiClient;
  protected readonly outbox: Outbox<Kept>;
  protected readonly socket: ResumingSocket<VisitorFrame, { type: string }>;
  private token: string | null = null;
  private signingIn: Promise<SignIn> | null = null;
  private identity: string | null = null;
  /** The website's word that was accepted last, in this page. */
  private accepted: string | null = null;
  /** Somebody for whom the website vouched on an earlier page: not taken until it does so again, since
   * another person may sit here now. */
  private held: { visitor: StoredVisitor; draft: StoredDraft } | null = null;
  constructor(ports: SessionPorts) {
    super(ports);
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

  /** The bearer token, for uploads. */
  get bearer(): string | null {
    return this.token;
  }

  /** Loads the channel; goes on where the person stopped. */
  start(): void {
    this.adopt();
    if (this.held === null) this.goOn();
    else this.ports.store.dispatch({ type: "forgotten" });
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

  /** Takes the visitor that this browser knows, perhaps from another tab, or forgets with it. */
  adopt(): void {
    const stored = this.ports.storage.visitor();
    if (stored?.token === this.token) return;
    if (stored === null) {
      if (this.token !== null) this.forget();
      return;
    }
    const proven = this.accepted !== null && stored.contact === this.model.contact;
    if (stored.verified && !proven) {
      const { draft, topic, name } = this.model;
      if (this.token === null) this.held = { visitor: stored, draft: { draft, topic, name } };
      return;
    }
    this.token = stored.token;
    this.ports.store.dispatch({ type: "signed_in", contact: stored.contact, verified: stored.verified });
    this.socket.restart();
  }

  /** The website's backend vouches for the person. */
  async identify(identityToken: string): Promise<void> {
    if (this.identity === identityToken) return;
    this.identity = identityToken;
    // One that is being asked for may not know this word yet.
    if (this.signingIn !== null) await this.signingIn;
    if ((await this.signIn()) === "ok") this.socket.restart();
  }

  /** The person signs out of the website, or leaves a shared computer: nothing of them stays here. */
  reset(): void {
    this.identity = this.accepted = null;
    this.forget();
  }

  /** The network or the page woke up. */
  wake(): void {
    this.socket.wake();
  }

  continueHere(): void {
    this.socket.start();
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
    const word = this.identity;
    try {
      const answer = await this.open.post<Schemas["ChatSession"]>(`/chat/${encodeURIComponent(this.ports.channel)}/sessions`, {
        locale,
        ...(this.token === null ? {} : { token: this.token }),
        ...(word === null ? {} : { identity_token: word }),
        ...(name.trim() === "" ? {} : { name: name.trim() }),
      });
      if (word !== null) this.vouched(word, answer.contact);
      this.token = answer.token;
      this.ports.storage.setVisitor({ token: answer.token, contact: answer.contact, verified: answer.verified });
      this.ports.store.dispatch({ type: "signed_in", contact: answer.contact, verified: answer.verified });
      return "ok";
    } catch (error) {
      const refused = error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (refused && word !== null) {
        this.identity = null;
        // A word that counted once ran out: who they are here still holds. A wrong one proves nobody.
        if (word !== this.accepted && (this.model.verified || this.held !== null)) this.forget();
        return this.token === null && this.outbox.size === 0 ? "refused" : this.askForSession();
      }
      return refused ? "refused" : "unreachable";
    }
  }

  /** Forgets a session that the desk no longer accepts. */
  startAgain(): void {
    this.socket.stop();
    this.token = null;
    this.ports.storage.setVisitor(null);
    this.dropOutbox();
    this.ports.store.dispatch({ type: "signed_out" });
  }

  /** The website said who is here: what an earlier page left is theirs, or is gone. */
  private vouched(word: string, contact: string): void {
    this.accepted = word;
    const { model } = this;
    if (model.verified && model.contact !== contact) this.forget();
    this.settleHeld(contact);
  }

  protected begins(): void {
    this.settleHeld(null);
  }

  private settleHeld(contact: string | null): void {
    const { held } = this;
    this.held = null;
    if (held === null) return;
    if (held.visitor.contact !== contact) {
      this.dropOutbox();
      return;
    }
    if (this.model.draft === "") this.ports.store.dispatch({ type: "draft_restored", ...held.draft });
    this.goOn();
  }

  private goOn(): void {
    this.restoreOutgoing();
    void this.ensureSessionFor();
  }

  /** Nothing of the person stays, neither here nor in the browser. */
  private forget(): void {
    this.socket.stop();
    this.token = this.held = null;
    this.ports.storage.setVisitor(null);
    this.dropOutbox();
    this.ports.store.dispatch({ type: "forgotten" });
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

  private modelChanged(model: Model): void {
    const seq = toMarkRead(model);
    if (seq !== null && this.socket.tell({ type: "read", seq })) {
      this.ports.store.dispatch({ type: "read_told", seq });
    }
    const received = seq === null ? toMarkReceived(model) : null;
    if (received !== null && this.socket.tell({ type: "received", seq: received })) {
      this.ports.store.dispatch({ type: "received_told", seq: received });
    }
  }
}
