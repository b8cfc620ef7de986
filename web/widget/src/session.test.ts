import type { SocketLike } from "@hutong/api-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { channel, NOW, state, welcome } from "./model/fixtures.ts";
import { initialModel } from "./model/model.ts";
import { Session } from "./session.ts";
import { PanelStorage, type KeyValue } from "./storage.ts";
import { Store } from "./store.ts";

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {}
  says(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

function memory(): KeyValue {
  const map = new Map<string, string>();
  return {
    get length() {
      return map.size;
    },
    key: (n) => [...map.keys()][n] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

type Answer = (body: Record<string, unknown>) => Response;

function panel(options: { store?: KeyValue; session?: Answer } = {}) {
  const sockets: FakeSocket[] = [];
  const calls: { path: string; body: Record<string, unknown> }[] = [];
  const signIn: Answer = options.session ?? (() => Response.json({ token: "t1", contact: "ctc_1", verified: false }));
  const disk = options.store ?? memory();
  const store = new Store(initialModel({ locale: "zh-CN", elder: false }));
  const session = new Session({
    channel: "website",
    store,
    storage: new PanelStorage(disk, "website"),
    now: () => NOW,
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    fetch: (url, init) => {
      const path = url as string;
      const body = (typeof init?.body === "string" ? JSON.parse(init.body) : {}) as Record<string, unknown>;
      calls.push({ path, body });
      return Promise.resolve(path.endsWith("/sessions") ? signIn(body) : Response.json(channel));
    },
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);
  const connect = () => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    socket.onopen?.();
    socket.says(welcome([], null));
    return socket;
  };
  const write = async (text: string) => {
    store.dispatch({ type: "draft_typed", text });
    await session.say();
  };
  const asked = () => calls.filter((call) => call.path.endsWith("/sessions"));
  return { store, session, sockets, disk, settle, connect, write, asked };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a session", () => {
  it("begins with the first word, not with looking", async () => {
    const p = panel();
    p.session.start();
    await p.settle();
    expect(p.store.model.phase).toBe("ready");
    expect(p.asked()).toEqual([]);
    p.store.dispatch({ type: "topic_chosen", topic: "tax" });
    await p.write("  你好 ");
    expect(p.asked()[0]?.body).toEqual({ locale: "zh-CN" });
    const socket = p.connect();
    expect(socket.sent).toMatchObject([{ type: "hello", token: "t1", resume: null }, { type: "send", text: "你好", topic: "tax" }]);
    socket.says({ type: "ack", client_id: socket.sent[1]?.["client_id"], conversation: "cnv_1", seq: 1, message: "msg_1" });
    expect(p.store.model.outgoing).toEqual([]);
    expect(p.store.model.messages).toHaveLength(1);
  });

  it("keeps what was said without a network, through a reload, and says it once under one id", async () => {
    let down = true;
    const session: Answer = () =>
      down ? new Response("", { status: 503 }) : Response.json({ token: "t1", contact: "ctc_1", verified: false });
    const p = panel({ session });
    p.session.start();
    await p.write("在吗");
    expect(p.sockets).toEqual([]);
    expect(p.store.model.outgoing).toHaveLength(1);
    const again = panel({ session, store: p.disk });
    again.session.start();
    await again.settle();
    expect(again.store.model.outgoing[0]).toMatchObject({ text: "在吗", failed: null });
    down = false;
    await vi.advanceTimersByTimeAsync(5000);
    const sent = again.connect().sent.filter((frame) => frame["type"] === "send");
    expect(sent).toHaveLength(1);
    expect(sent[0]?.["client_id"]).toBe(p.store.model.outgoing[0]?.clientId);
  });

  it("goes on after a reload with the token that it had", async () => {
    const p = panel();
    await p.write("你好");
    const again = panel({ store: p.disk });
    again.session.start();
    await again.settle();
    expect(again.asked()).toEqual([]);
    expect(again.connect().sent[0]).toMatchObject({ type: "hello", token: "t1" });
  });

  it("resumes from the place up to which nothing is missing", async () => {
    const p = panel();
    await p.write("你好");
    const socket = p.connect();
    socket.says(welcome([{ seq: 1, at: NOW, id: "m", author: { type: "agent", id: "a" }, kind: "text", text: "x" }]));
    socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(200);
    p.sockets.at(-1)?.onopen?.();
    expect(p.sockets.at(-1)?.sent[0]).toMatchObject({ resume: { epoch: "e1", conversation: "cnv_1", seq: 1 } });
  });

  it("renews a token that ran out, and ends only when the desk refuses", async () => {
    let status = 200;
    const session: Answer = () =>
      status === 200 ? Response.json({ token: "t2", contact: "ctc_1", verified: false }) : new Response("{}", { status });
    const p = panel({ session });
    await p.write("你好");
    p.sockets.at(-1)?.onclose?.({ code: 4001, reason: "" });
    await vi.advanceTimersByTimeAsync(200);
    expect(p.asked().at(-1)?.body).toMatchObject({ token: "t2" });
    expect(p.store.model.line).toBe("connecting");
    status = 503;
    p.sockets.at(-1)?.onclose?.({ code: 4001, reason: "" });
    await vi.advanceTimersByTimeAsync(0);
    expect(p.store.model.line).toBe("waiting");
    await vi.advanceTimersByTimeAsync(400);
    status = 401;
    p.sockets.at(-1)?.onclose?.({ code: 4001, reason: "" });
    await vi.advanceTimersByTimeAsync(0);
    expect(p.store.model.line).toBe("unauthenticated");
    p.session.startAgain();
    expect(p.store.model.contact).toBeNull();
    expect(p.store.model.draft).toBe("你好");
  });

  it("shows nothing of one person to the next", async () => {
    const people = ["ctc_1", "ctc_2"];
    const p = panel({ session: () => Response.json({ token: people[0], contact: people.shift(), verified: people.length === 0 }) });
    await p.write("你好");
    p.connect().says({ type: "state", conversation: state() });
    await p.session.identify("signed");
    expect(p.asked().at(-1)?.body).toMatchObject({ identity_token: "signed", token: "ctc_1" });
    expect(p.store.model).toMatchObject({ contact: "ctc_2", verified: true, conversation: null, messages: [] });
  });

  it("goes on as who they are here when the website's word for the person ran out", async () => {
    const session: Answer = (body) =>
      "identity_token" in body ? new Response("{}", { status: 422 }) : Response.json({ token: "t1", contact: "ctc_1", verified: false });
    const p = panel({ session });
    await p.write("你好");
    await p.session.identify("ran out");
    expect(p.asked().at(-1)?.body).toEqual({ locale: "zh-CN", token: "t1" });
    expect(p.store.model).toMatchObject({ contact: "ctc_1", line: "connecting" });
    expect(p.store.model.outgoing).toHaveLength(1);
  });

  it("tells what is typed rarely, and the words only where the desk may see them", async () => {
    const p = panel();
    p.session.start();
    await p.settle();
    await p.write("你好");
    const socket = p.connect();
    socket.says({ type: "state", conversation: state() });
    p.session.typed("身份证");
    p.session.typed("身份证号");
    expect(socket.sent.filter((frame) => frame["type"] === "typing")).toEqual([{ type: "typing" }]);
  });

  it("refuses what is too long before it is sent", async () => {
    const p = panel();
    await p.write("字".repeat(6000));
    expect(p.store.model.problem?.code).toBe("too_long");
    expect(p.store.model.outgoing).toEqual([]);
  });
});

describe("a shared computer", () => {
  const person = (contact: string) => (body: Record<string, unknown>) =>
    body["identity_token"] === "bad" ? new Response("{}", { status: 422 })
      : Response.json({ token: `of ${contact}`, contact, verified: "identity_token" in body });
  /** Somebody was vouched for, wrote, and left the page without signing out. */
  const before = async () => {
    const p = panel({ session: person("ctc_1") });
    p.session.start();
    await p.session.identify("signed");
    await p.write("我的工资");
    return p.disk;
  };

  it("does not connect somebody of an earlier page before the website said who is here", async () => {
    const p = panel({ store: await before() });
    p.session.start();
    await p.settle();
    expect(p.sockets).toEqual([]);
    expect(p.store.model).toMatchObject({ contact: null, outgoing: [], messages: [] });
  });

  it("goes on with what was said when it is the same person", async () => {
    const p = panel({ store: await before(), session: person("ctc_1") });
    p.session.start();
    await p.session.identify("signed again");
    expect(p.store.model).toMatchObject({ contact: "ctc_1", verified: true });
    expect(p.connect().sent).toMatchObject([{ type: "hello", token: "of ctc_1" }, { type: "send", text: "我的工资" }]);
  });

  it("shows and sends nothing of theirs when it is somebody else, or nobody", async () => {
    const other = panel({ store: await before(), session: person("ctc_2") });
    other.session.start();
    await other.session.identify("signed for another");
    expect(other.connect().sent).toMatchObject([{ type: "hello", token: "of ctc_2" }]);
    const stranger = panel({ store: await before(), session: person("ctc_3") });
    stranger.session.start();
    await stranger.write("你好");
    expect(stranger.asked()[0]?.body).toEqual({ locale: "zh-CN" });
    expect(stranger.connect().sent.slice(1)).toMatchObject([{ type: "send", text: "你好" }]);
  });

  it("drops them when the website's word is refused", async () => {
    const disk = await before();
    const p = panel({ store: disk, session: person("ctc_1") });
    p.session.start();
    await p.session.identify("bad");
    expect(p.sockets).toEqual([]);
    expect(p.asked()).toHaveLength(1);
    expect(new PanelStorage(disk, "website").visitor()).toBeNull();
  });

  it("forgets on request, also in the other tabs", async () => {
    const p = panel({ session: person("ctc_1") });
    p.session.start();
    await p.session.identify("signed");
    await p.write("我的工资");
    const tab = panel({ store: p.disk, session: person("ctc_1") });
    tab.session.start();
    await tab.session.identify("signed");
    p.store.dispatch({ type: "draft_typed", text: "还有" });
    p.session.reset();
    tab.session.adopt();
    for (const one of [p, tab]) expect(one.store.model).toMatchObject({ contact: null, verified: false, outgoing: [], draft: "", conversation: null });
    expect(new PanelStorage(p.disk, "website").outbox().list()).toEqual([]);
  });
});
