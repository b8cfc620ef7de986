/** The line over plain requests, for networks that break sockets: one request waits for news, others carry what is said.
 * The server keeps nothing between two of them but the log, so that nothing is lost when one fails. */
import { ApiProblem, backoffMs, type Acked, type ApiClient, type LineStatus, type Outbox, type Schemas, type VisitorFrame, type WidgetFrame } from "@hutong/api-client";

type Resume = Schemas["VisitorResume"];
type Timer = ReturnType<typeof setTimeout>;

/** How long the server may hold a request back, in milliseconds; proxies cut at 30 s and later. */
const WAIT_MS = 25_000;
/** Refusals that tell "not now". */
const LATER = new Set([408, 425, 429]);
/** Answers of a gateway that does not speak this. */
const UNKNOWN = new Set([404, 405, 501]);

export interface LongPollOptions {
  api: ApiClient;
  outbox: Outbox<VisitorFrame & Acked>;
  /** From where to go on. */
  position: () => Resume | null;
  /** This device, while its app is in front. */
  inFront: () => string | null;
  onFrame: (frame: WidgetFrame) => void;
  onStatus: (status: LineStatus) => void;
  onPoison: (frame: VisitorFrame & Acked) => void;
  /** The token was refused: true when a new one is at hand, or may still come. */
  renew: () => Promise<boolean>;
  /** The gateway has no long-poll: only the socket is left. */
  onUnknown: () => void;
  random: () => number;
  now: () => number;
}

interface Answer {
  frames: WidgetFrame[];
  version?: string;
}

/** Is a refused request worth another try? */
const isFinal = (error: unknown) => error instanceof ApiProblem && error.status >= 400 && error.status < 500 && !LATER.has(error.status);

export class LongPoll {
  private state: LineStatus = "stopped";
  /** What runs now; whatever belongs to an earlier run does nothing any more. */
  private run: object | null = null;
  private version: string | undefined;
  private attempt = 0;
  private saying = false;
  /** Ends the request that waits, so that another one asks anew. */
  private turn: AbortController | null = null;
  private wakeUp: (() => void) | null = null;
  private patience: Timer | undefined;

  constructor(private readonly options: LongPollOptions) {}

  get status(): LineStatus {
    return this.state;
  }

  start(): void {
    if (this.run !== null) return;
    this.run = {};
    this.version = undefined;
    this.attempt = 0;
    this.setStatus("connecting");
    void this.listen(this.run);
  }

  stop(): void {
    this.run = null;
    this.turn?.abort();
    clearTimeout(this.patience);
    this.wakeUp?.();
    this.setStatus("stopped");
  }

  /** The network is back: tries now instead of later. */
  wake(): void {
    this.wakeUp?.();
  }

  /** Says one after the other what waits, oldest first. */
  async flush(): Promise<void> {
    const running = this.run;
    if (running === null || this.state !== "online" || this.saying) return;
    this.saying = true;
    try {
      while (this.run === running && (await this.sayNext(running)));
    } finally {
      this.saying = false;
    }
  }

  /** Says a frame that may be lost; false when the line is down. */
  tell(frame: VisitorFrame): boolean {
    if (this.state !== "online") return false;
    if (frame.type === "attend") {
      // The waiting request says it; a new one says otherwise.
      this.turn?.abort();
      return true;
    }
    this.options.api.post<Answer>("/chat/frames", { frame }).catch(() => undefined);
    return true;
  }

  private async listen(running: object): Promise<void> {
    while (this.run === running) {
      try {
        this.turn = new AbortController();
        const answer = await this.ask(this.turn.signal);
        if (this.run !== running) return;
        this.version = answer.version;
        this.attempt = 0;
        this.setStatus("online");
        for (const frame of answer.frames) this.options.onFrame(frame);
        void this.flush();
      } catch (error) {
        if (this.run !== running) return;
        if (this.turn?.signal.aborted) continue;
        if (await this.gaveUp(error)) return;
        if (this.run !== running) return;
        this.setStatus("waiting");
        await this.pause((error instanceof ApiProblem ? (error.retryAfterMs ?? 0) : 0) + backoffMs(this.attempt, this.options.random));
        this.attempt += 1;
      }
    }
  }

  private ask(signal: AbortSignal): Promise<Answer> {
    const at = this.options.position();
    const device = this.options.inFront();
    return this.options.api.get<Answer>("/chat/frames", {
      ...(at ? { epoch: at.epoch, conversation: at.conversation, seq: at.seq } : {}),
      ...(this.version === undefined ? {} : { version: this.version }),
      ...(device === null ? {} : { device }),
      wait_ms: this.version === undefined ? 0 : WAIT_MS,
    }, signal);
  }

  private async gaveUp(error: unknown): Promise<boolean> {
    if (!(error instanceof ApiProblem)) return false;
    const running = this.run;
    const unknown = UNKNOWN.has(error.status);
    if (!unknown && (error.status !== 401 || (await this.options.renew()))) return false;
    if (this.run !== running) return true;
    this.run = null;
    this.setStatus(unknown ? "stopped" : "unauthenticated");
    if (unknown) this.options.onUnknown();
    return true;
  }

  /** True when the next may be said at once. */
  private async sayNext(running: object): Promise<boolean> {
    const { outbox, api, now } = this.options;
    const entry = outbox.entries()[0];
    if (entry === undefined) return false;
    // Order matters: what was said later must not overtake what has to wait.
    if (entry.notBefore > now()) return this.flushIn(entry.notBefore - now());
    try {
      const { frames } = await api.post<Answer>("/chat/frames", { frame: entry.frame });
      if (this.run !== running) return false;
      for (const frame of frames) {
        if (frame.type === "ack" || frame.type === "refused") this.settle(frame);
        this.options.onFrame(frame);
      }
      // Without a word about it, it is said again, but not at once.
      return outbox.entries()[0] !== entry || entry.notBefore > 0 || this.flushIn(1000);
    } catch (error) {
      if (this.run !== running) return false;
      if (!isFinal(error)) return this.flushIn(Math.max(1000, (error instanceof ApiProblem ? error.retryAfterMs : null) ?? 0));
      // Who it is must be settled first; the listening request says so.
      if (error instanceof ApiProblem && error.status === 401) return false;
      outbox.settle(entry.frame.client_id);
      this.options.onPoison(entry.frame);
      return true;
    }
  }

  private settle(frame: Extract<WidgetFrame, { type: "ack" | "refused" }>): void {
    if (typeof frame.client_id !== "string") return;
    if (frame.type === "refused" && typeof frame.retry_after_ms === "number") this.options.outbox.postpone(frame.client_id, this.options.now() + frame.retry_after_ms);
    else this.options.outbox.settle(frame.client_id);
  }

  private flushIn(ms: number): false {
    clearTimeout(this.patience);
    this.patience = setTimeout(() => void this.flush(), Math.min(Math.max(ms, 50), 60_000));
    return false;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private setStatus(status: LineStatus): void {
    if (this.state === status) return;
    this.state = status;
    this.options.onStatus(status);
  }
}
