/**
 * The line to the gateway: a socket, and plain requests where sockets do not last. Both read the log from the same place
 * and empty the same outbox, so that going from one to the other loses and doubles nothing.
 */
import { ResumingSocket, type Acked, type ApiClient, type LineStatus, type Outbox, type Schemas, type SocketLike, type VisitorFrame, type WidgetFrame } from "@hutong/api-client";
import { LongPoll } from "./poll.ts";

/** By what the line goes at the moment. */
export type Transport = "socket" | "poll";

/** After so many sockets that did not open or did not last, plain requests take over. */
export const SOCKET_FAILURES_MAX = 3;
/** A socket that lasted for less, in milliseconds, counts as one that did not. */
export const SOCKET_LASTS_MS = 30_000;
/** When requests work, the socket is tried again after so long, then after twice as long, and so on. */
export const SOCKET_AGAIN_MS = { atOnce: 1_000, first: 30_000, max: 300_000 } as const;

export interface ChatLineOptions {
  api: ApiClient;
  openSocket: () => SocketLike;
  outbox: Outbox<VisitorFrame & Acked>;
  hello: () => Extract<VisitorFrame, { type: "hello" }>;
  position: () => Schemas["VisitorResume"] | null;
  /** This device, while its app is in front. */
  inFront: () => string | null;
  onFrame: (frame: WidgetFrame) => void;
  onStatus: (status: LineStatus, transport: Transport) => void;
  onPoison: (frame: VisitorFrame & Acked) => void;
  /** The token was refused: true when a new one is at hand, or may still come. */
  renew: () => Promise<boolean>;
  random?: () => number;
  now: () => number;
}

export class ChatLine {
  private readonly socket: ResumingSocket<VisitorFrame, { type: string }>;
  private readonly poll: LongPoll;
  private transport: Transport = "socket";
  private failures = 0;
  private onlineSince = 0;
  private trial: ReturnType<typeof setTimeout> | undefined;
  private trialAfter: number = SOCKET_AGAIN_MS.first;
  /** A gateway without long-poll leaves only the socket. */
  private pollKnown = true;
  private told = "stopped/socket";

  constructor(private readonly options: ChatLineOptions) {
    const { outbox, now } = options;
    const random = options.random ?? Math.random;
    this.socket = new ResumingSocket<VisitorFrame, { type: string }>({
      open: options.openSocket, hello: options.hello, outbox, now, random,
      // The gateway speaks this protocol; what a later one says passes the log by.
      onFrame: (frame) => options.onFrame(frame as never),
      onStatus: (status) => this.socketIs(status),
      onPoison: options.onPoison,
      renew: options.renew,
    });
    this.poll = new LongPoll({
      api: options.api, outbox, now, random,
      position: options.position, inFront: options.inFront, renew: options.renew, onFrame: options.onFrame, onPoison: options.onPoison,
      onStatus: (status) => this.pollIs(status),
      onUnknown: () => {
        this.pollKnown = false;
        this.bySocket();
      },
    });
  }

  get status(): LineStatus {
    return this.transport === "socket" ? this.socket.status : this.poll.status;
  }

  get by(): Transport {
    return this.transport;
  }

  start(): void {
    if (this.transport === "socket") this.socket.start();
    else this.poll.start();
  }

  /** Closes for good; what waits in the outbox stays there. */
  stop(): void {
    clearTimeout(this.trial);
    this.transport = "socket";
    this.failures = 0;
    this.poll.stop();
    this.socket.stop();
    this.tellStatus();
  }

  /** Closes and connects again at once, for example with a new token. */
  restart(): void {
    if (this.transport === "socket") {
      this.socket.restart();
      return;
    }
    this.poll.stop();
    this.poll.start();
  }

  /** The network is back, or the app woke up: tries now instead of later. */
  wake(): void {
    if (this.transport === "socket") {
      this.socket.wake();
      return;
    }
    this.poll.wake();
    this.trySocketIn(SOCKET_AGAIN_MS.atOnce);
  }

  /** Says a frame that must arrive; false when too many wait already. */
  deliver(frame: VisitorFrame & Acked): boolean {
    if (this.transport === "socket") return this.socket.deliver(frame);
    if (!this.options.outbox.add(frame, this.options.now())) return false;
    void this.poll.flush();
    return true;
  }

  /** Says a frame that may be lost; false when the line is down. */
  tell(frame: VisitorFrame): boolean {
    return this.transport === "socket" ? this.socket.tell(frame) : this.poll.tell(frame);
  }

  private socketIs(status: LineStatus): void {
    if (status === "online") {
      this.onlineSince = this.options.now();
      if (this.transport === "poll") this.bySocket();
    } else if (status === "waiting") {
      if (this.transport === "poll") return this.trialFailed();
      const lasted = this.onlineSince > 0 && this.options.now() - this.onlineSince >= SOCKET_LASTS_MS;
      this.failures = lasted ? 1 : this.failures + 1;
      this.onlineSince = 0;
      if (this.failures >= SOCKET_FAILURES_MAX && this.pollKnown) return this.byPoll();
    } else if (this.transport === "poll" && (status === "unauthenticated" || status === "replaced")) {
      return this.trialFailed();
    }
    this.tellStatus();
  }

  private byPoll(): void {
    this.transport = "poll";
    this.trialAfter = SOCKET_AGAIN_MS.first;
    this.poll.start();
    this.socket.stop();
    this.tellStatus();
  }

  private bySocket(): void {
    clearTimeout(this.trial);
    this.transport = "socket";
    this.failures = 0;
    this.poll.stop();
    this.socket.start();
    this.tellStatus();
  }

  private pollIs(status: LineStatus): void {
    if (this.transport !== "poll") return;
    this.tellStatus();
    // The first answer after a trouble: perhaps the whole network was away, and sockets work again.
    if (status === "online") this.trySocketIn(SOCKET_AGAIN_MS.atOnce);
  }

  private trialFailed(): void {
    this.socket.stop();
    this.trySocketIn(this.trialAfter);
    this.trialAfter = Math.min(this.trialAfter * 2, SOCKET_AGAIN_MS.max);
  }

  private trySocketIn(ms: number): void {
    clearTimeout(this.trial);
    this.trial = setTimeout(() => {
      if (this.transport === "poll" && this.poll.status === "online") this.socket.start();
    }, ms);
  }

  private tellStatus(): void {
    const now = `${this.status}/${this.transport}`;
    if (this.told === now) return;
    this.told = now;
    this.options.onStatus(this.status, this.transport);
  }
}
