/** The small parts of a resuming socket: what it needs of a socket, its times, its close codes. */

/** What of a `WebSocket` is used. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

/** How the line is. */
export type LineStatus =
  /** Not started, or stopped by the owner. */
  | "stopped"
  /** Opening, or waiting for `welcome`. */
  | "connecting"
  /** Welcomed. */
  | "online"
  /** Lost; waiting to try again. */
  | "waiting"
  /** The token was refused and could not be renewed. */
  | "unauthenticated"
  /** Another socket took this one's place. */
  | "replaced";

/** Frames from the server that the socket itself understands. */
export interface ServerFrame {
  type: string;
}

/** Times in milliseconds. */
export interface Timing {
  /** From opening to `welcome`. */
  welcomeWithin: number;
  /** Silence after which the line is tried by `ping`. */
  pingAfter: number;
  /** The same, while an ack is awaited. */
  pingAfterUnacked: number;
  /** A `ping` without any answer for so long: the line is dead. */
  pongWithin: number;
  /** A frame without ack for so long on a living line is sent again. */
  resendAfter: number;
  /** A line that held for so long starts the back-off anew. */
  stableAfter: number;
}

/** The times of a real network. */
export const TIMING: Timing = {
  welcomeWithin: 10_000,
  pingAfter: 25_000,
  pingAfterUnacked: 4_000,
  pongWithin: 6_000,
  resendAfter: 20_000,
  stableAfter: 5_000,
};

/** Close codes of the protocol. */
export const CLOSE = {
  unauthenticated: 4001,
  badFrame: 4002,
  replaced: 4003,
  tooBig: 1009,
  goingAway: 1012,
  tryLater: 1013,
} as const;

/** The milliseconds that a close asks to wait, as in `retry_after_ms=500`; bounded. */
export function hintMs(reason: string): number {
  const found = /\d+/.exec(reason);
  return found === null ? 0 : Math.min(Number(found[0]), 30_000);
}

/** A frame, or null for what is not a tagged object. */
export function parseFrame<In extends ServerFrame>(data: unknown): In | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    const tagged = typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
    return tagged ? (value as In) : null;
  } catch {
    return null;
  }
}
