import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChatClient } from "./client.ts";
import { FakeGateway } from "./fake-gateway.ts";
import type { ChatOptions } from "./options.ts";
import { loadStorage, memoryStorage } from "./storage.ts";

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

function client(gateway: FakeGateway, options: Partial<ChatOptions> = {}) {
  const heard: { text: string | undefined; fresh: boolean }[] = [];
  const events: string[] = [];
  const chat = new ChatClient({
    url: "https://help.city.example/", channel: "app", storage: memoryStorage(), random: () => 1, appVersion: "3.1.0",
    fetch: gateway.fetch, WebSocket: function open() { return gateway.openSocket(); } as never, now: Date.now,
    ...options,
  });
  chat.on("message", ({ message, fresh }) => heard.push({ text: message.text, fresh }));
  chat.on("status", ({ line, transport }) => events.push(`${line}/${transport}`));
  chat.on("refused", ({ code }) => events.push(`refused ${code}`));
  chat.on("signedOut", () => events.push("signed out"));
  return { chat, heard, events, texts: () => heard.map(({ text }) => text) };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("what is said", () => {
  it("is kept without a network and through a restart, and reaches the desk once, in its order", async () => {
    const gateway = new FakeGateway();
    const storage = memoryStorage();
    gateway.httpWorks = gateway.socketsWork = false;
    const before = client(gateway, { storage });
    await before.chat.start();
    await before.chat.send({ text: "一" });
    // As an app does when somebody signs in.
    await before.chat.start();
    await settle(1);
    const second = await before.chat.send({ text: " 二 " });
    expect(before.chat.outgoing.map(({ text }) => text)).toEqual(["一", "二"]);
    before.chat.stop();

    const after = client(gateway, { storage });
    await after.chat.start();
    expect(after.chat.outgoing.at(-1)).toMatchObject({ clientId: second.clientId, text: "二", failed: null });
    gateway.httpWorks = gateway.socketsWork = true;
    await settle(6_000);
    expect(gateway.texts).toEqual(["一", "二"]);
    expect(gateway.messages[1]?.client_id).toBe(second.clientId);
    expect(after.chat.outgoing).toEqual([]);
    expect(after.texts()).toEqual(["一", "二"]);
    expect(storage.length).toBe(1);
  });

  it("is seen once, however often it comes", async () => {
    const gateway = new FakeGateway();
    const { chat, texts, heard } = client(gateway);
    await chat.send({ text: "你好" });
    await settle();
    gateway.agentSays("您好");
    const [socket] = gateway.sockets;
    for (const message of gateway.messages) socket?.says({ type: "message", conversation: "cnv_1", message });
    gateway.breakSockets();
    gateway.socketsWork = true;
    gateway.agentSays("还在吗");
    await settle(1_000);
    expect(texts()).toEqual(["你好", "您好", "还在吗"]);
    expect(heard.every(({ fresh }) => fresh)).toBe(true);
    expect(chat.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it("is refused before it is kept when the desk could never take it", async () => {
    const gateway = new FakeGateway();
    const { chat } = client(gateway);
    await expect(chat.send({ text: "  " })).rejects.toMatchObject({ code: "empty" });
    await expect(chat.send({ text: "字".repeat(6_000) })).rejects.toMatchObject({ code: "too_long" });
    await expect(chat.send({ files: Array.from({ length: 11 }, () => ({ id: "f", name: "", media_type: "", bytes: 1 })) })).rejects.toMatchObject({ code: "too_many_files" });
    expect(() => chat.end()).toThrow("no_conversation");
    expect(gateway.calls).toEqual([]);
  });

  it("tells the app what came to nothing, and says it again on request under the same id", async () => {
    const gateway = new FakeGateway();
    const { chat, events } = client(gateway);
    await chat.send({ text: "你好" });
    await settle();
    gateway.sockets[0]!.send = () => undefined;
    const { clientId } = await chat.send({ text: "再见" });
    gateway.sockets[0]?.says({ type: "refused", client_id: clientId, code: "closed", detail: "no" });
    expect(events).toContain("refused closed");
    expect(chat.outgoing).toMatchObject([{ clientId, failed: "closed" }]);
    gateway.sockets[0]!.send = (text) => gateway.heardBySocket(gateway.sockets[0]!, JSON.parse(text) as never);
    chat.resend(clientId);
    expect(gateway.messages.at(-1)).toMatchObject({ text: "再见", client_id: clientId });
    expect(chat.outgoing).toEqual([]);
  });
});

describe("a network that breaks sockets", () => {
  it("is served by requests, and by a socket again later, without losing or doubling a word", async () => {
    const gateway = new FakeGateway();
    const { chat, texts, events } = client(gateway);
    await chat.send({ text: "1" });
    await settle();
    expect(events.at(-1)).toBe("online/socket");
    gateway.breakSockets();
    gateway.agentSays("2");
    await settle(2_000);
    expect(events.slice(-2)).toEqual(["connecting/poll", "online/poll"]);
    await chat.send({ text: "3" });
    await settle();
    gateway.agentSays("4");
    await settle();
    expect(chat.messages.map(({ text }) => text)).toEqual(["1", "2", "3", "4"]);
    // A trial in vain changes nothing.
    await settle(40_000);
    expect(events.at(-1)).toBe("online/poll");
    gateway.socketsWork = true;
    gateway.agentSays("5");
    await settle(200_000);
    expect(events.at(-1)).toBe("online/socket");
    const polls = gateway.polls.length;
    await chat.send({ text: "6" });
    gateway.agentSays("7");
    await settle(60_000);
    expect(gateway.polls).toHaveLength(polls);
    expect(texts()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    expect(gateway.texts).toEqual(texts());
  });

  it("waits for news instead of asking again and again, and goes on from its place", async () => {
    const gateway = new FakeGateway();
    gateway.socketsWork = false;
    const { chat } = client(gateway);
    await chat.send({ text: "1" });
    await settle(2_000);
    const asked = gateway.polls.length;
    await settle(60_000);
    expect(gateway.polls.length - asked).toBeLessThanOrEqual(4);
    expect(Object.fromEntries(gateway.polls.at(-1)!.query)).toMatchObject({ epoch: "e1", conversation: "cnv_1", seq: "1", wait_ms: "25000" });
  });

  it("says what waited for the network once it is back, by whatever works", async () => {
    const gateway = new FakeGateway();
    const { chat } = client(gateway);
    await chat.send({ text: "1" });
    await settle();
    gateway.httpWorks = false;
    gateway.breakSockets();
    await chat.send({ text: "2" });
    await settle(30_000);
    expect(gateway.texts).toEqual(["1"]);
    gateway.httpWorks = true;
    await settle(15_000);
    expect(gateway.texts).toEqual(["1", "2"]);
    expect(chat.status).toBe("online");
  });

  it("comes back by socket within seconds when the whole network was away", async () => {
    const gateway = new FakeGateway();
    const { chat, events } = client(gateway);
    await chat.send({ text: "1" });
    await settle();
    gateway.httpWorks = false;
    gateway.breakSockets();
    await settle(60_000);
    gateway.httpWorks = gateway.socketsWork = true;
    await settle(15_000);
    expect(events.at(-1)).toBe("online/socket");
  });

  it("goes on trying sockets where the gateway knows nothing else", async () => {
    const gateway = new FakeGateway();
    gateway.pollWorks = false;
    const { chat, events } = client(gateway);
    await chat.send({ text: "1" });
    await settle();
    gateway.breakSockets();
    await settle(10_000);
    gateway.socketsWork = true;
    await settle(15_000);
    expect(events.at(-1)).toBe("online/socket");
    expect(gateway.polls).toHaveLength(1);
  });
});

describe("who the person is", () => {
  const identityToken = () => vi.fn(() => Promise.resolve<string | null>("jwt"));

  it("is asked once for all that need it when the session ran out", async () => {
    const gateway = new FakeGateway();
    const ask = identityToken();
    const { chat } = client(gateway, { identityToken: ask });
    await chat.start();
    await chat.send({ text: "1" });
    await settle();
    expect(ask).toHaveBeenCalledTimes(1);
    gateway.tokenGood = (token) => token !== "t1";
    gateway.other = () => Response.json({ messages: [] });
    await Promise.all([chat.notifications(), chat.notifications(), chat.file({ id: "f" }), settle()]);
    expect(ask).toHaveBeenCalledTimes(2);
    expect(gateway.asked.map(({ body }) => body["identity_token"])).toEqual(["jwt", "jwt"]);
    gateway.sockets[0]?.breaks(4001);
    await settle(1_000);
    expect(chat.status).toBe("online");
  });

  it("is somebody else: nothing of the one before is shown or sent", async () => {
    const gateway = new FakeGateway();
    const storage = memoryStorage();
    const first = client(gateway, { storage, identityToken: identityToken() });
    await first.chat.start();
    await settle();
    gateway.pollWorks = false;
    gateway.breakSockets();
    await first.chat.send({ text: "我的工资" });
    first.chat.stop();
    gateway.socketsWork = true;
    gateway.sessions = () => Response.json({ token: "t9", contact: "ctc_2", verified: true });
    const second = client(gateway, { storage, identityToken: identityToken() });
    await second.chat.start();
    await settle(10_000);
    expect(second.chat.outgoing).toEqual([]);
    expect(gateway.texts).toEqual([]);
    expect(second.chat.log.contact).toBe("ctc_2");
  });

  it("is the one of last time while there is no network to ask", async () => {
    const gateway = new FakeGateway();
    const storage = memoryStorage();
    const first = client(gateway, { storage, identityToken: identityToken() });
    await first.chat.start();
    first.chat.stop();
    gateway.httpWorks = gateway.socketsWork = false;
    const again = client(gateway, { storage, identityToken: () => Promise.reject(new Error("offline")) });
    await again.chat.start();
    await again.chat.send({ text: "1" });
    expect(again.chat.log.contact).toBe("ctc_1");
    gateway.httpWorks = gateway.socketsWork = true;
    await settle(20_000);
    expect(gateway.texts).toEqual(["1"]);
  });

  /** Somebody for whom the backend vouched, whose word waits in `storage`. */
  const before = async (gateway: FakeGateway, storage: ReturnType<typeof memoryStorage>) => {
    const { chat } = client(gateway, { storage, identityToken: identityToken() });
    await chat.start();
    await settle();
    gateway.httpWorks = false;
    gateway.breakSockets();
    await chat.send({ text: "1" });
    chat.stop();
    gateway.httpWorks = gateway.socketsWork = true;
  };

  it("is known before anything new is said, so that what waited is not taken for a stranger's", async () => {
    const gateway = new FakeGateway();
    const storage = memoryStorage();
    await before(gateway, storage);
    let answer: (word: string) => void = () => undefined;
    const { chat } = client(gateway, { storage, identityToken: () => new Promise((resolve) => (answer = resolve)) });
    void chat.start();
    void chat.send({ text: "2" });
    await settle();
    answer("jwt");
    await settle(1_000);
    expect(gateway.texts).toEqual(["1", "2"]);
  });

  it("is the one of last time while the backend takes its time, and somebody else when it says so at last", async () => {
    const gateway = new FakeGateway();
    const storage = memoryStorage();
    await before(gateway, storage);
    let answer: (word: string | null) => void = () => undefined;
    const { chat, events } = client(gateway, { storage, identityToken: () => new Promise((resolve) => (answer = resolve)) });
    void chat.start();
    await settle(4_000);
    expect(gateway.texts).toEqual(["1"]);
    answer(null);
    await settle(1_000);
    expect(chat.log).toMatchObject({ contact: null, messages: [], outgoing: [] });
    expect(events.at(-1)).toBe("signed out");
    expect(storage.length).toBe(0);
  });

  it("is nobody when the desk refuses the word, and nobody else gets in by it", async () => {
    const gateway = new FakeGateway();
    gateway.sessions = () => new Response("{}", { status: 422 });
    const { chat, events } = client(gateway, { identityToken: identityToken() });
    await chat.start();
    expect(events).toEqual(["refused identity"]);
    expect(gateway.asked).toHaveLength(1);
    expect(gateway.opened).toBe(0);
  });

  it("leaves nothing behind on signing out, neither here nor on the desk's list of devices", async () => {
    const gateway = new FakeGateway();
    const storage = memoryStorage();
    const { chat, events } = client(gateway, { storage, identityToken: identityToken() });
    await chat.start();
    gateway.other = () => Response.json({ device: "d", provider: "fcm", registered_at: 1 });
    await chat.registerDevice({ provider: "fcm", token: "secret" });
    await chat.send({ text: "1" });
    await settle();
    gateway.other = () => new Response(null, { status: 204 });
    expect(await chat.signOut()).toEqual({ deviceRemoved: true });
    expect(storage.length).toBe(0);
    expect(chat.log).toMatchObject({ contact: null, messages: [], outgoing: [], conversation: null });
    expect(events.at(-1)).toBe("signed out");
    expect(chat.status).toBe("stopped");
    expect(gateway.calls.filter(({ method }) => method === "DELETE")).toHaveLength(1);
  });

  it("says when the desk could not be told of it", async () => {
    const gateway = new FakeGateway();
    const storage = memoryStorage();
    const { chat } = client(gateway, { storage, identityToken: identityToken() });
    await chat.start();
    gateway.other = () => Response.json({});
    await chat.registerDevice({ provider: "apns", token: "ab" });
    gateway.httpWorks = false;
    expect(await chat.signOut()).toEqual({ deviceRemoved: false });
    expect(storage.length).toBe(0);
  });
});

describe("a device", () => {
  it("has one id for ever, and is named on the line from then on", async () => {
    const gateway = new FakeGateway();
    const storage = memoryStorage();
    const { chat } = client(gateway, { storage });
    gateway.other = () => Response.json({ device: "d", provider: "fcm", registered_at: 1 });
    chat.setForeground(true);
    await chat.registerDevice({ provider: "fcm", token: "secret", model: "Pixel" });
    await settle();
    const [put] = gateway.calls.filter(({ method }) => method === "PUT");
    expect(put?.body).toEqual({ provider: "fcm", token: "secret", locale: "zh-CN", app_version: "3.1.0", model: "Pixel" });
    const device = put?.path.split("/").at(-1);
    expect(device).toMatch(/^[a-z0-9]{16,64}$/u);
    expect(gateway.sockets[0]?.sent).toMatchObject([{ type: "hello", device }, { type: "attend", foreground: true }]);
    chat.setForeground(false);
    expect(gateway.sockets[0]?.sent.at(-1)).toEqual({ type: "attend", foreground: false });
    const again = client(gateway, { storage });
    await again.chat.registerDevice({ provider: "fcm", token: "other" });
    expect(gateway.calls.at(-1)?.path.split("/").at(-1)).toBe(device);
  });

  it("is in front by requests as well, and said to be so at once", async () => {
    const gateway = new FakeGateway();
    gateway.socketsWork = false;
    gateway.other = () => Response.json({});
    const { chat } = client(gateway);
    await chat.registerDevice({ provider: "huawei", token: "x" });
    await settle(2_000);
    const inFront = () => gateway.polls.at(-1)?.query.get("device");
    expect([chat.status, inFront()]).toEqual(["online", null]);
    chat.setForeground(true);
    await settle();
    expect(inFront()).toMatch(/^[a-z0-9]{16,64}$/u);
    chat.setForeground(false);
    await settle();
    expect(inFront()).toBeNull();
  });

  it("subscribes to Web Push with the channel's key, anew when the key became another", async () => {
    const gateway = new FakeGateway();
    const { chat } = client(gateway);
    const key = "BAEC";
    gateway.other = ({ path }) => Response.json(path === "/chat/app" ? { push: { web_push_key: key, providers: ["web_push"] } } : {});
    gateway.tokenGood = () => true;
    const gone: string[] = [];
    const made: Uint8Array[] = [];
    const subscription = (applicationServerKey: Uint8Array<ArrayBuffer>) => ({
      options: { applicationServerKey: applicationServerKey.buffer },
      toJSON: () => ({ endpoint: "https://push.example/1", expirationTime: null, keys: { p256dh: "p", auth: "a" } }),
      unsubscribe: () => Promise.resolve(gone.push("old") > 0),
    });
    const pushManager = {
      getSubscription: () => Promise.resolve(subscription(Uint8Array.of(9, 9))),
      subscribe: ({ applicationServerKey }: { applicationServerKey: Uint8Array<ArrayBuffer> }) => {
        made.push(applicationServerKey);
        return Promise.resolve(subscription(applicationServerKey));
      },
    };
    vi.stubGlobal("navigator", { platform: "Linux armv81", userAgentData: { platform: "Android" } });
    await chat.enableWebPush({ pushManager });
    vi.unstubAllGlobals();
    expect(gone).toEqual(["old"]);
    expect([...made[0]!]).toEqual([4, 1, 2]);
    const put = gateway.calls.find(({ method }) => method === "PUT");
    expect(put?.body).toMatchObject({ provider: "web_push", model: "Android", token: '{"endpoint":"https://push.example/1","keys":{"p256dh":"p","auth":"a"}}' });
    pushManager.getSubscription = () => Promise.resolve(subscription(Uint8Array.of(4, 1, 2)));
    await chat.enableWebPush({ pushManager });
    expect(made).toHaveLength(1);
  });

  it("gets no Web Push from a channel that has none", async () => {
    const gateway = new FakeGateway();
    gateway.tokenGood = () => true;
    gateway.other = () => Response.json({ push: null });
    const { chat } = client(gateway);
    await expect(chat.enableWebPush({ pushManager: {} as never })).rejects.toMatchObject({ code: "push_not_set_up" });
  });
});

describe("marks", () => {
  it("tell what came and what was seen, also what was seen without a line", async () => {
    const gateway = new FakeGateway();
    const { chat } = client(gateway);
    await chat.send({ text: "1" });
    await settle();
    gateway.agentSays("2");
    expect(gateway.sockets[0]?.sent.at(-1)).toEqual({ type: "received", seq: 2 });
    expect(chat.unread).toBe(1);
    gateway.breakSockets();
    chat.markRead();
    expect(chat.unread).toBe(0);
    gateway.socketsWork = true;
    await settle(1_000);
    expect(gateway.sockets[0]?.sent).toMatchObject([{ type: "hello" }, { type: "read", seq: 2 }]);
  });

  it("tell that somebody types, and that they stopped", async () => {
    const gateway = new FakeGateway();
    const { chat } = client(gateway);
    const typing: boolean[] = [];
    chat.on("typing", (now) => typing.push(now));
    await chat.send({ text: "1" });
    await settle();
    gateway.sockets[0]?.says({ type: "typing" });
    await settle(6_000);
    gateway.sockets[0]?.says({ type: "typing" });
    gateway.agentSays("2");
    expect(typing).toEqual([true, false, true, false]);
    chat.typing("身份");
    chat.typing("身份证");
    expect(gateway.sockets[0]?.sent.filter(({ type }) => type === "typing")).toEqual([{ type: "typing", preview: "身份" }]);
  });
});

describe("a listener", () => {
  it("that fails keeps nobody else from hearing", async () => {
    vi.useRealTimers();
    const gateway = new FakeGateway();
    const { chat, heard } = client(gateway);
    const thrown = new Promise<unknown>((resolve) => {
      vi.spyOn(globalThis, "setTimeout").mockImplementationOnce(((run: () => void) => {
        try {
          run();
        } catch (error) {
          resolve(error);
        }
      }) as never);
    });
    const off = chat.on("change", () => {
      throw new Error("mine");
    });
    void chat.send({ text: "1" });
    off();
    expect(await thrown).toMatchObject({ message: "mine" });
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    chat.stop();
  });
});

describe("an asynchronous storage", () => {
  it("is read whole before, and written in order behind", async () => {
    const disk = new Map([["hutong:app:visitor", '{"token":"t","contact":"c"}'], ["mine", "x"]]);
    const writes: string[] = [];
    const storage = await loadStorage({
      getAllKeys: () => Promise.resolve([...disk.keys()]),
      getItem: (key) => Promise.resolve(disk.get(key) ?? null),
      setItem: (key, value) => Promise.resolve().then(() => void (writes.push(key), disk.set(key, value))),
      removeItem: (key) => Promise.resolve().then(() => void (writes.push(`-${key}`), disk.delete(key))),
    });
    expect(storage.length).toBe(1);
    storage.setItem("hutong:app:a", "1");
    storage.removeItem("hutong:app:a");
    await storage.settled();
    expect(writes).toEqual(["hutong:app:a", "-hutong:app:a"]);
    expect([...disk.keys()]).toEqual(["hutong:app:visitor", "mine"]);
  });
});
