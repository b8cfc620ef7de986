/**
 * A socket that comes back. It says `hello` first, keeps what was said until it is acknowledged,
 * notices a line that died silently, and after each reconnect resumes and says again what got no ack.
 * The owner keeps the position from which to resume: it is asked for the `hello` of every connection.
 */
import { backoffMs } from "./backoff.ts";
import { CLOSE, TIMING, hintMs, parseFrame, type LineStatus, type ServerFrame, type SocketLike, type Timing } from "./line.ts";
import type { Acked, Outbox } from "./outbox.ts";

/** What the owner of a socket gives. */
export interface ResumingSocketOptions<Out extends { type: string }, In extends ServerFrame> {
  /** Opens a new socket. */
  open: () => SocketLike;
  /** The first frame of each connection, with the token and the position to resume from. */
  hello: () => Out;
  outbox: Outbox<Out & Acked>;
  onFrame: (frame: In) => void;
  onStatus: (status: LineStatus) => void;
  /** A kept frame was given up: the server closed the line over it. */
  onPoison?: (frame: Out & Acked) => void;
  /** The token was refused: true when a new one is at hand. */
  renew?: () => Promise<boolean>;
  random?: () => number;
  now?: () => number;
  timing?: Partial<Timing>;
}

type Timer = ReturnType<typeof setTimeout>;

export class ResumingSocket<Out extends { type: string }, In extends ServerFrame> {
  private readonly timing: Timing;
  private readonly random: () => number;
  private readonly now: () => number;
  private socket: SocketLike | null = null;
  private state: LineStatus = "stopped";
  private attempt = 0;
  private onlineSince = 0;
  private pinged = false;
  /** After a `bad frame` close: one kept frame at a time, so that the guilty one is found. */
  private cautious = false;
  private retryTimer: Timer | undefined;
  private watchTimer: Timer | undefined;
  private patienceTimer: Timer | undefined;

  constructor(private readonly options: ResumingSocketOptions<Out, In>) {
    this.timing = { ...TIMING, ...options.timing };
    this.random = options.random ?? Math.random;
    this.now = options.now ?? Date.now;
  }

  get status(): LineStatus {
    return this.state;
  }

  start(): void {
    if (this.state === "stopped" || this.state === "unauthenticated" || this.state === "replaced") this.connect();
  }

  /** Closes for good; what waits in the outbox stays there. */
  stop(): void {
    this.drop(1000);
    clearTimeout(this.retryTimer);
    this.setStatus("stopped");
  }

  /** Closes and connects again at once, for example with a new token. */
  restart(): void {
    this.stop();
    this.connect();
  }

  /** The network is back, or the page woke up: tries now instead of later. */
  wake(): void {
    if (this.state === "waiting") {
      this.connect();
    } else if (this.state === "online") {
      this.ping();
    }
  }

  /** Says a frame that must arrive; false when too many wait already. */
  deliver(frame: Out & Acked): boolean {
    if (!this.options.outbox.add(frame, this.now())) return false;
    this.flush();
    return true;
  }

  /** Says a frame that may be lost; false when the line is down. */
  tell(frame: Out): boolean {
    if (this.state !== "online" || this.socket === null) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private connect(): void {
    clearTimeout(this.retryTimer);
    this.drop(1000);
    this.setStatus("connecting");
    let socket: SocketLike;
    try {
      socket = this.options.open();
    } catch {
      this.retryLater();
      return;
    }
    this.socket = socket;
    this.options.outbox.forgetSent();
    socket.onopen = () => {
      if (this.socket === socket) socket.send(JSON.stringify(this.options.hello()));
    };
    socket.onmessage = (event: { data: unknown }) => {
      if (this.socket === socket) this.heard(event.data);
    };
    socket.onclose = (event: { code: number; reason: string }) => {
      if (this.socket === socket) this.closed(event.code, event.reason);
    };
    this.watch(this.timing.welcomeWithin, () => this.lost());
  }

  private heard(data: unknown): void {
    const frame = parseFrame<In>(data);
    if (frame === null) return;
    this.pinged = false;
    if (frame.type === "welcome") this.welcomed();
    if (frame.type === "ack" || frame.type === "refused") this.settle(frame);
    if (frame.type !== "pong") this.options.onFrame(frame);
    if (frame.type === "welcome" || frame.type === "ack") this.flush();
    if (this.state === "online") this.listen();
  }

  private welcomed(): void {
    this.onlineSince = this.now();
    this.setStatus("online");
  }

  /** A refusal with a hint is not final: the frame waits and is said again. */
  private settle(frame: ServerFrame & { client_id?: string; retry_after_ms?: number }): void {
    if (typeof frame.client_id !== "string") return;
    if (frame.type === "refused" && typeof frame.retry_after_ms === "number") {
      this.options.outbox.postpone(frame.client_id, this.now() + frame.retry_after_ms);
      this.flushIn(frame.retry_after_ms);
      return;
    }
    this.options.outbox.settle(frame.client_id);
    if (this.options.outbox.size === 0) this.cautious = false;
  }

  /** Sends what has not gone over this socket yet, or got no ack for long. */
  private flush(): void {
    if (this.state !== "online" || this.socket === null) return;
    const now = this.now();
    for (const entry of this.options.outbox.entries()) {
      const due = entry.sentAt === 0 ? now >= entry.notBefore : now - entry.sentAt >= this.timing.resendAfter;
      if (due) {
        this.socket.send(JSON.stringify(entry.frame));
        entry.sentAt = now;
      }
      // Order matters: what was said later must not overtake what has to wait.
      if (entry.notBefore > now || this.cautious) break;
    }
    this.listen();
  }

  private flushIn(ms: number): void {
    clearTimeout(this.patienceTimer);
    this.patienceTimer = setTimeout(() => this.flush(), Math.min(Math.max(ms, 50), 60_000));
  }

  /** Waits for a sign of life; silence is answered by a ping, silence after that by a new line. */
  private listen(): void {
    if (this.pinged) return;
    const unacked = this.options.outbox.entries().some((entry) => entry.sentAt > 0);
    this.watch(unacked ? this.timing.pingAfterUnacked : this.timing.pingAfter, () => {
      this.flush();
      this.ping();
    });
  }

  private ping(): void {
    if (this.pinged || this.socket === null) return;
    this.pinged = true;
    this.socket.send(JSON.stringify({ type: "ping" }));
    this.watch(this.timing.pongWithin, () => this.lost());
  }

  private watch(ms: number, then: () => void): void {
    clearTimeout(this.watchTimer);
    this.watchTimer = setTimeout(then, ms);
  }

  private lost(): void {
    this.drop(4000);
    this.retryLater();
  }

  private closed(code: number, reason: string): void {
    const held = this.state === "online" && this.now() - this.onlineSince >= this.timing.stableAfter;
    this.drop();
    if (held) this.attempt = 0;
    switch (code) {
      case CLOSE.unauthenticated:
        void this.renewed();
        return;
      case CLOSE.replaced:
        this.setStatus("replaced");
        return;
      case CLOSE.badFrame:
      case CLOSE.tooBig:
        this.findPoison();
        break;
      case CLOSE.goingAway:
      case CLOSE.tryLater:
        this.retryLater(hintMs(reason));
        return;
      default:
        break;
    }
    this.retryLater();
  }

  /** The line was closed over a bad frame: with one in flight it is that one. */
  private findPoison(): void {
    const suspect = this.options.outbox.entries().find((entry) => entry.sentAt > 0);
    if (this.cautious && suspect !== undefined) {
      this.options.outbox.settle(suspect.frame.client_id);
      this.options.onPoison?.(suspect.frame);
    }
    this.cautious = true;
  }

  private async renewed(): Promise<void> {
    this.setStatus("connecting");
    const fresh = await (this.options.renew?.() ?? Promise.resolve(false)).catch(() => false);
    if (this.state !== "connecting" || this.socket !== null) return;
    if (fresh) this.retryLater();
    else this.setStatus("unauthenticated");
  }

  private retryLater(hint = 0): void {
    const wait = hint + backoffMs(this.attempt, this.random);
    this.attempt += 1;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), wait);
    // Last: who hears of it may stop the line.
    this.setStatus("waiting");
  }

  private drop(code?: number): void {
    clearTimeout(this.watchTimer);
    clearTimeout(this.patienceTimer);
    this.pinged = false;
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (code !== undefined) socket.close(code);
  }

  private setStatus(status: LineStatus): void {
    if (this.state === status) return;
    this.state = status;
    this.options.onStatus(status);
  }
}
