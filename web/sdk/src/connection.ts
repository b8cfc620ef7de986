/**
 * Who the person is, and their line to the gateway. Whatever shows the chat is its owner: it keeps the log, and is told
 * of frames and of changes of the person. The widget and `ChatClient` are owners.
 */
import { ApiClient, ApiProblem, Outbox, type Acked, type LineStatus, type Locale, type Schemas, type SocketLike, type VisitorFrame, type WidgetFrame } from "@hutong/api-client";
import { ChatLine, type Transport } from "./chat-line.ts";
import type { ChatLog, Outgoing } from "./log.ts";
import type { ChatStorage, StoredVisitor } from "./storage.ts";

export type Kept = VisitorFrame & Acked;
/** What became of asking for a session. */
export type SignIn = "ok" | "refused" | "unreachable";

/** How soon something is asked for again after a failure, in milliseconds. */
export const RETRY_MS = 5000;

export interface ConnectionPorts {
  channel: string;
  storage: ChatStorage;
  openSocket: () => SocketLike;
  /** Where the API lives; `/v1` when absent. */
  base?: string | undefined;
  fetch?: typeof fetch | undefined;
  now: () => number;
  random?: (() => number) | undefined;
  /** Asks the app's backend who the person is, whenever a session is needed; null: nobody in particular. */
  identityToken?: (() => Promise<string | null>) | undefined;
  /** The id of this installation, where it may get notifications. */
  device?: (() => string | null) | undefined;
}

/** What the owner of a connection knows and hears. */
export interface ConnectionOwner {
  /** Where the owner's log stands. */
  log(): ChatLog;
  /** Is the app seen? */
  inFront(): boolean;
  /** What a new session is told of the person. */
  profile(): { locale: Locale; name: string };
  /** A session is there: who the person is, and whether a backend vouched for them. */
  onSignedIn(contact: string, verified: boolean): void;
  /** The session ended, and what was typed may stay. */
  onSignedOut(): void;
  /** Nothing of the person may stay. */
  onForgotten(): void;
  /** What an earlier run left belongs to the person who is here. */
  onRecognised(): void;
  onFrame(frame: WidgetFrame): void;
  onStatus(status: LineStatus, transport: Transport): void;
  /** A word was given up: the gateway cannot take it. */
  onPoison(clientId: string): void;
  /** What was said before a restart is on its way again. */
  onRestored(outgoing: Outgoing[]): void;
  /** No session could be had, and words wait for one. */
  onNoSession(): void;
}

export class Connection {
  readonly api: ApiClient;
  /** For what needs no session: the channel, and the session itself. */
  readonly open: ApiClient;
  readonly outbox: Outbox<Kept>;
  readonly line: ChatLine;
  private token: string | null = null;
  private verified = false;
  private signingIn: Promise<SignIn> | null = null;
  private identity: string | null = null;
  /** The backend's word that was accepted last, in this run. */
  private accepted: string | null = null;
  /** Somebody for whom a backend vouched in an earlier run: not taken until it does so again, since another person
   * may sit here now. */
  private held: StoredVisitor | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ports: ConnectionPorts, private readonly owner: ConnectionOwner) {
    const base = { ...(ports.fetch ? { fetch: ports.fetch } : {}), ...(ports.base === undefined ? {} : { base: ports.base }) };
    this.open = new ApiClient(base);
    this.api = new ApiClient({ ...base, token: () => this.token, renew: async () => (await this.signIn()) === "ok" });
    this.outbox = new Outbox<Kept>(ports.storage.outbox());
    this.line = new ChatLine({
      api: this.api,
      openSocket: ports.openSocket,
      outbox: this.outbox,
      hello: () => ({ type: "hello", token: this.token ?? "", resume: this.position(), ...this.device() }),
      position: () => this.position(),
      inFront: () => (owner.inFront() ? (ports.device?.() ?? null) : null),
      onFrame: (frame) => owner.onFrame(frame),
      onStatus: (status, by) => owner.onStatus(status, by),
      onPoison: (frame) => owner.onPoison(frame.client_id),
      // Without an answer the old token may still be good: only a refusal ends the session.
      renew: async () => (await this.signIn()) !== "refused",
      ...(ports.random ? { random: ports.random } : {}),
      now: ports.now,
    });
  }

  /** The bearer token, for uploads. */
  get bearer(): string | null {
    return this.token;
  }

  /** Goes on where the person stopped. */
  start(): void {
    this.adopt();
    if (this.held === null) this.goOn();
    else this.owner.onForgotten();
  }

  /** Takes the visitor that is stored here, perhaps by another tab, or forgets with it. */
  adopt(): void {
    const stored = this.ports.storage.visitor();
    if (stored?.token === this.token) return;
    if (stored === null) {
      if (this.token !== null) this.forget();
      return;
    }
    const proven = this.accepted !== null && stored.contact === this.owner.log().contact;
    if (stored.verified && !proven) {
      if (this.token === null) this.held = stored;
      return;
    }
    this.take(stored);
    this.line.restart();
  }

  /** Asks the app's backend who is here, and goes on as them; without a network, as who was here last. */
  async recognise(): Promise<SignIn | "nobody"> {
    const word = await this.word();
    if (word === null) {
      if (this.held !== null) this.ports.storage.setVisitor(null);
      this.settleHeld(null);
      return "nobody";
    }
    const found = word === undefined ? "unreachable" : await this.signIn(word);
    if (found === "ok") this.line.restart();
    else if (found === "unreachable") this.takeHeld();
    return found;
  }

  private takeHeld(): void {
    const { held } = this;
    if (held === null) return;
    this.take(held);
    this.settleHeld(held.contact);
    this.line.restart();
  }

  /** A backend vouches for the person. */
  async identify(identityToken: string): Promise<void> {
    if (this.identity === identityToken) return;
    this.identity = identityToken;
    // One that is being asked for may not know this word yet.
    if (this.signingIn !== null) await this.signingIn;
    if ((await this.signIn()) === "ok") this.line.restart();
  }

  /** The person signs out: nothing of them stays here. */
  reset(): void {
    this.identity = this.accepted = null;
    this.forget();
  }

  /** A session begins with the first word or file, not before: nobody is counted who only looked. */
  async ensureSession(): Promise<boolean> {
    if (this.token !== null) return true;
    if ((await this.signIn()) !== "ok") {
      this.owner.onNoSession();
      clearTimeout(this.again);
      this.again = setTimeout(() => void this.ensureSessionForWords(), RETRY_MS);
      return false;
    }
    this.line.start();
    return true;
  }

  /** Forgets a session that the desk no longer accepts. */
  startAgain(): void {
    this.leave();
    this.owner.onSignedOut();
  }

  /** The person begins to speak: whoever was here before is somebody else. */
  begins(): void {
    this.settleHeld(null);
  }

  /** Asks for a session once, however many need one. */
  signIn(word?: string): Promise<SignIn> {
    this.signingIn ??= this.askForSession(word).finally(() => {
      this.signingIn = null;
    });
    return this.signingIn;
  }

  private take({ token, contact, verified }: StoredVisitor): void {
    this.token = token;
    this.verified = verified;
    this.owner.onSignedIn(contact, verified);
  }

  private position(): Schemas["VisitorResume"] | null {
    const { epoch, conversation, resumeSeq } = this.owner.log();
    return epoch === null || conversation === null ? null : { epoch, conversation: conversation.id, seq: resumeSeq };
  }

  private device(): { device?: string } {
    const device = this.ports.device?.() ?? null;
    return device === null ? {} : { device };
  }

  /** What was said without a session waits for one. */
  private async ensureSessionForWords(): Promise<void> {
    if (this.token === null && this.outbox.size > 0) await this.ensureSession();
  }

  /** The backend's word of the moment, if there is one; `undefined` when it could not be asked. */
  private async word(): Promise<string | null | undefined> {
    if (!this.ports.identityToken) return this.identity;
    try {
      return await this.ports.identityToken();
    } catch {
      return undefined;
    }
  }

  private async askForSession(known?: string): Promise<SignIn> {
    const { locale, name } = this.owner.profile();
    const word = known ?? (await this.word());
    if (word === undefined) return "unreachable";
    const { channel, storage } = this.ports;
    try {
      const answer = await this.open.post<Schemas["ChatSession"]>(`/chat/${encodeURIComponent(channel)}/sessions`, {
        locale,
        ...(this.token === null ? {} : { token: this.token }),
        ...(word === null ? {} : { identity_token: word }),
        ...(name.trim() === "" ? {} : { name: name.trim() }),
      });
      if (word !== null) this.vouched(word, answer.contact);
      storage.setVisitor({ token: answer.token, contact: answer.contact, verified: answer.verified });
      this.take(answer);
      return "ok";
    } catch (error) {
      const refused = error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429;
      return refused ? this.refused(word) : "unreachable";
    }
  }

  private refused(word: string | null): SignIn | Promise<SignIn> {
    // An app's backend is asked anew each time; nobody else is let in by its wrong word.
    if (word === null || this.ports.identityToken) return "refused";
    this.identity = null;
    // A word that counted once ran out: who they are here still holds. A wrong one proves nobody.
    if (word !== this.accepted && (this.verified || this.held !== null)) this.forget();
    return this.token === null && this.outbox.size === 0 ? "refused" : this.askForSession();
  }

  /** The backend said who is here: what an earlier run left is theirs, or is gone. */
  private vouched(word: string, contact: string): void {
    this.accepted = word;
    if (this.verified && this.owner.log().contact !== contact) this.forget();
    this.settleHeld(contact);
  }

  private settleHeld(contact: string | null): void {
    const { held } = this;
    this.held = null;
    if (held === null) return;
    if (held.contact !== contact) {
      this.dropOutbox();
      return;
    }
    this.owner.onRecognised();
    this.goOn();
  }

  /** What was on its way before a restart is on its way again. */
  private goOn(): void {
    const outgoing = this.outbox.entries().flatMap(({ frame, at }) => {
      if (frame.type !== "send") return [];
      const files = (frame.files ?? []).map((id) => ({ id, name: "", media_type: "", bytes: 0 }));
      return [{ clientId: frame.client_id, at, text: frame.text ?? "", files, failed: null }];
    });
    if (outgoing.length > 0) this.owner.onRestored(outgoing);
    void this.ensureSessionForWords();
  }

  /** Nothing of the person stays, neither here nor in what is stored. */
  private forget(): void {
    this.leave();
    this.held = null;
    this.owner.onForgotten();
  }

  private leave(): void {
    this.line.stop();
    clearTimeout(this.again);
    this.token = null;
    this.verified = false;
    this.ports.storage.setVisitor(null);
    this.dropOutbox();
  }

  private dropOutbox(): void {
    this.outbox.entries().forEach((entry) => this.outbox.settle(entry.frame.client_id));
  }
}
