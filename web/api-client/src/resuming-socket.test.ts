import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LineStatus, SocketLike } from "./line.ts";
import { MemoryStorage, Outbox } from "./outbox.ts";
import { ResumingSocket } from "./resuming-socket.ts";

type Out = { type: "hello"; seq: number } | { type: "send"; client_id: string } | { type: "typing" };
type Send = Extract<Out, { type: "send" }>;
type In = { type: string; client_id?: string; retry_after_ms?: number };

class FakeSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  sent: string[] = [];
  closedWith: number | undefined;

  send(text: string): void {
    this.sent.push(text);
  }
  close(code?: number): void {
    this.closedWith = code;
  }
  opens(): void {
    this.onopen?.(undefined as never);
  }
  says(frame: In): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  breaks(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason });
  }
  get types(): string[] {
    return this.sent.map((text) => {
      const frame = JSON.parse(text) as { type: string; client_id?: string };
      return frame.client_id === undefined ? frame.type : `${frame.type}:${frame.client_id}`;
    });
  }
}

function line(options: { storage?: MemoryStorage; renew?: () => Promise<boolean> } = {}) {
  const sockets: FakeSocket[] = [];
  const statuses: LineStatus[] = [];
  const frames: In[] = [];
  const poison: string[] = [];
  const position = { seq: 0 };
  const socket = new ResumingSocket<Out, In>({
    open: () => {
      const fake = new FakeSocket();
      sockets.push(fake);
      return fake;
    },
    hello: () => ({ type: "hello", seq: position.seq }),
    outbox: new Outbox<Send>(options.storage),
    onFrame: (frame) => frames.push(frame),
    onStatus: (status) => statuses.push(status),
    onPoison: (frame) => poison.push((frame as Send).client_id),
    random: () => 1,
    ...(options.renew ? { renew: options.renew } : {}),
  });
  const last = (): FakeSocket => {
    const found = sockets.at(-1);
    if (found === undefined) throw new Error("no socket was opened");
    return found;
  };
  const welcome = (): FakeSocket => {
    last().opens();
    last().says({ type: "welcome" });
    return last();
  };
  const say = (id: string): boolean => socket.deliver({ type: "send", client_id: id });
  return { socket, sockets, statuses, frames, poison, position, last, welcome, say };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the first frame", () => {
  it("is hello with the position of the moment, and nothing goes out before welcome", () => {
    const l = line();
    l.socket.start();
    l.say("a");
    l.last().opens();
    expect(l.last().types).toEqual(["hello"]);
    l.last().says({ type: "welcome" });
    expect(l.last().types).toEqual(["hello", "send:a"]);
    expect(l.statuses).toEqual(["connecting", "online"]);
  });

  it("is asked for anew on each connection", () => {
    const l = line();
    l.socket.start();
    l.welcome();
    l.position.seq = 7;
    l.last().breaks();
    vi.advanceTimersByTime(100);
    l.last().opens();
    expect(l.last().sent).toEqual(['{"type":"hello","seq":7}']);
  });
});

describe("the outbox", () => {
  it("says again after a reconnect what got no ack, under the same id and in the same order", () => {
    const l = line();
    l.socket.start();
    l.welcome();
    l.say("a");
    l.say("b");
    l.say("c");
    l.last().says({ type: "ack", client_id: "b" });
    l.last().breaks();
    vi.advanceTimersByTime(100);
    expect(l.welcome().types).toEqual(["hello", "send:a", "send:c"]);
  });

  it("survives a reload through its storage", () => {
    const storage = new MemoryStorage();
    const before = line({ storage });
    before.socket.start();
    before.say("a");
    const after = line({ storage });
    after.socket.start();
    expect(after.welcome().types).toEqual(["hello", "send:a"]);
    after.last().says({ type: "ack", client_id: "a" });
    expect(storage.list()).toEqual([]);
  });

  it("keeps a frame that was refused for a while and says it again then", () => {
    const l = line();
    l.socket.start();
    l.welcome();
    l.say("a");
    l.last().says({ type: "refused", client_id: "a", retry_after_ms: 2000 });
    vi.advanceTimersByTime(1900);
    expect(l.last().types.filter((t) => t === "send:a")).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(l.last().types.filter((t) => t === "send:a")).toHaveLength(2);
  });

  it("does not let a later frame overtake one that was told to wait", () => {
    const l = line();
    l.socket.start();
    l.welcome();
    l.say("a");
    l.last().says({ type: "refused", client_id: "a", retry_after_ms: 2000 });
    l.say("b");
    expect(l.last().types).not.toContain("send:b");
    vi.advanceTimersByTime(2000);
    expect(l.last().types.slice(-2)).toEqual(["send:a", "send:b"]);
  });

  it("forgets a frame that was refused for good", () => {
    const l = line();
    l.socket.start();
    l.welcome();
    l.say("a");
    l.last().says({ type: "refused", client_id: "a" });
    l.last().breaks();
    vi.advanceTimersByTime(100);
    expect(l.welcome().types).toEqual(["hello"]);
  });

  it("finds the frame over which the server closes, and gives up only that one", () => {
    const l = line();
    l.socket.start();
    l.welcome();
    l.say("good");
    l.say("bad");
    l.last().breaks(4002);
    vi.advanceTimersByTime(10_000);
    expect(l.welcome().types).toEqual(["hello", "send:good"]);
    l.last().says({ type: "ack", client_id: "good" });
    expect(l.last().types.at(-1)).toBe("send:bad");
    l.last().breaks(4002);
    expect(l.poison).toEqual(["bad"]);
    vi.advanceTimersByTime(10_000);
    expect(l.welcome().types).toEqual(["hello"]);
  });

  it("has a limit", () => {
    const l = line();
    for (let n = 0; n < 100; n += 1) expect(l.say(`m${String(n)}`)).toBe(true);
    expect(l.say("one too many")).toBe(false);
  });
});

describe("the line", () => {
  it("backs off with the limit doubling from 100 ms to 10 s", () => {
    const l = line();
    l.socket.start();
    const waits: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      const before = l.sockets.length;
      l.last().breaks();
      let waited = 0;
      while (l.sockets.length === before && waited < 20_000) {
        vi.advanceTimersByTime(50);
        waited += 50;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it("starts the back-off anew only after a connection that held", () => {
    const l = line();
    l.socket.start();
    for (let n = 0; n < 3; n += 1) {
      l.welcome().breaks();
      vi.advanceTimersByTime(100 * 2 ** n);
    }
    const count = l.sockets.length;
    l.welcome().breaks();
    vi.advanceTimersByTime(700);
    expect(l.sockets).toHaveLength(count);
    vi.advanceTimersByTime(100);
    l.welcome();
    vi.advanceTimersByTime(6000);
    l.last().breaks();
    vi.advanceTimersByTime(100);
    expect(l.sockets).toHaveLength(count + 2);
  });

  it("asks a silent line for a sign of life, and leaves it when none comes", () => {
    const l = line();
    l.socket.start();
    const first = l.welcome();
    vi.advanceTimersByTime(25_000);
    expect(first.types).toEqual(["hello", "ping"]);
    first.says({ type: "pong" });
    expect(l.frames.map((f) => f.type)).toEqual(["welcome"]);
    vi.advanceTimersByTime(25_000);
    expect(first.types.at(-1)).toBe("ping");
    vi.advanceTimersByTime(6000);
    expect(first.closedWith).toBe(4000);
    expect(l.socket.status).toBe("waiting");
  });

  it("asks sooner while an ack is awaited, and says the frame again on a living line", () => {
    const l = line();
    l.socket.start();
    const socket = l.welcome();
    l.say("a");
    for (let n = 0; n < 6; n += 1) {
      vi.advanceTimersByTime(4000);
      socket.says({ type: "pong" });
    }
    expect(socket.types.filter((t) => t === "send:a")).toHaveLength(2);
    expect(l.socket.status).toBe("online");
  });

  it("does not wait for ever for a welcome", () => {
    const l = line();
    l.socket.start();
    l.last().opens();
    vi.advanceTimersByTime(10_000);
    expect(l.socket.status).toBe("waiting");
  });

  it("tries at once when the network is back", () => {
    const l = line();
    l.socket.start();
    l.welcome();
    l.last().breaks();
    l.socket.wake();
    expect(l.socket.status).toBe("connecting");
    expect(l.sockets).toHaveLength(2);
  });

  it("waits as long as a gateway that goes away asks", () => {
    const l = line();
    l.socket.start();
    l.welcome().breaks(1012, "retry_after_ms=3000");
    vi.advanceTimersByTime(2999);
    expect(l.sockets).toHaveLength(1);
    vi.advanceTimersByTime(101);
    expect(l.sockets).toHaveLength(2);
  });

  it("does not come back after another took its place, or after stop", () => {
    const l = line();
    l.socket.start();
    l.welcome().breaks(4003);
    vi.advanceTimersByTime(60_000);
    expect(l.socket.status).toBe("replaced");
    expect(l.sockets).toHaveLength(1);
    l.socket.start();
    l.welcome();
    l.socket.stop();
    vi.advanceTimersByTime(60_000);
    expect(l.sockets).toHaveLength(2);
  });

  it("renews a refused token once, and says so when it cannot", async () => {
    const answers = [true, false];
    const l = line({ renew: () => Promise.resolve(answers.shift() ?? false) });
    l.socket.start();
    l.last().breaks(4001);
    await vi.advanceTimersByTimeAsync(100);
    expect(l.sockets).toHaveLength(2);
    l.last().breaks(4001);
    await vi.advanceTimersByTimeAsync(0);
    expect(l.socket.status).toBe("unauthenticated");
  });

  it("drops what may be lost while it is down, and ignores what is not a frame", () => {
    const l = line();
    l.socket.start();
    expect(l.socket.tell({ type: "typing" })).toBe(false);
    l.welcome();
    l.last().onmessage?.({ data: "{" });
    l.last().onmessage?.({ data: "[]" });
    expect(l.frames).toHaveLength(1);
    expect(l.socket.tell({ type: "typing" })).toBe(true);
  });
});
