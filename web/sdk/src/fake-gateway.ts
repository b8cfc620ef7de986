/** For tests: a gateway in memory that speaks both ways, and that can break either. */
import type { ChatState, Message, SocketLike, WidgetFrame } from "@hutong/api-client";

type Said = Record<string, unknown> & { type: string; client_id?: string };

export class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  sent: Said[] = [];

  constructor(private readonly gateway: FakeGateway) {}

  send(text: string): void {
    const frame = JSON.parse(text) as Said;
    this.sent.push(frame);
    queueMicrotask(() => this.gateway.heardBySocket(this, frame));
  }
  close(): void {
    this.gateway.sockets = this.gateway.sockets.filter((one) => one !== this);
  }
  says(frame: WidgetFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  breaks(code = 1006): void {
    this.close();
    this.onclose?.({ code, reason: "" });
  }
}

interface Waiting {
  query: URLSearchParams;
  answer: (response: Response) => void;
}

export class FakeGateway {
  /** Do sockets open? */
  socketsWork = true;
  /** Do requests arrive? */
  httpWorks = true;
  /** Does it know the long-poll? */
  pollWorks = true;
  /** Is the bearer token good? */
  tokenGood = (token: string): boolean => token !== "";
  messages: Message[] = [];
  conversation: ChatState | null = null;
  sockets: FakeSocket[] = [];
  opened = 0;
  calls: { method: string; path: string; query: URLSearchParams; body: Record<string, unknown>; token: string }[] = [];
  sessions: (body: Record<string, unknown>) => Response = (body) =>
    Response.json({ token: `t${String(this.asked.length)}`, contact: "ctc_1", verified: "identity_token" in body });
  private waiting: Waiting[] = [];
  private version = 0;

  readonly openSocket = (): FakeSocket => {
    const socket = new FakeSocket(this);
    this.opened += 1;
    queueMicrotask(() => {
      if (!this.socketsWork) socket.breaks();
      else socket.onopen?.();
    });
    return socket;
  };

  readonly fetch = (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { pathname, searchParams } = new URL(url as string);
    const body = (typeof init.body === "string" ? JSON.parse(init.body) : {}) as Record<string, unknown>;
    const token = new Headers(init.headers).get("authorization")?.replace("Bearer ", "") ?? "";
    const call = { method: init.method ?? "GET", path: pathname.replace("/v1", ""), query: searchParams, body, token };
    this.calls.push(call);
    if (!this.httpWorks) return Promise.reject(new TypeError("network"));
    if (call.path.endsWith("/sessions")) return Promise.resolve(this.sessions(body));
    if (!this.tokenGood(token)) return Promise.resolve(new Response("{}", { status: 401 }));
    if (call.path !== "/chat/frames") return Promise.resolve(this.other(call));
    if (!this.pollWorks) return Promise.resolve(new Response("{}", { status: 404 }));
    if (call.method === "POST") return Promise.resolve(Response.json({ frames: this.hear(body["frame"] as Said) }));
    return this.poll(searchParams, init.signal ?? undefined);
  };

  /** What the rest of the API answers; a test puts its own here. */
  other: (call: { method: string; path: string; body: Record<string, unknown> }) => Response = () => new Response(null, { status: 204 });

  get asked() {
    return this.calls.filter((call) => call.path.endsWith("/sessions"));
  }
  get polls() {
    return this.calls.filter((call) => call.path === "/chat/frames" && call.method === "GET");
  }
  /** The texts of the log. */
  get texts() {
    return this.messages.map((message) => message.text);
  }

  heardBySocket(socket: FakeSocket, frame: Said): void {
    if (frame.type === "hello") {
      if (!this.tokenGood(frame["token"] as string)) return socket.breaks(4001);
      this.sockets.push(socket);
      socket.says(this.welcome(frame["resume"] as { conversation: string; seq: number } | null));
      return;
    }
    for (const answer of this.hear(frame)) socket.says(answer);
  }

  /** An agent says something. */
  agentSays(text: string): void {
    this.append({ id: `a${String(this.messages.length)}`, author: { type: "agent", id: "lin" }, kind: "text", text });
  }

  breakSockets(): void {
    this.socketsWork = false;
    for (const socket of [...this.sockets]) socket.breaks();
  }

  private hear(frame: Said): WidgetFrame[] {
    const client_id = frame.client_id ?? "";
    if (frame.type === "send") {
      const message = this.messages.find((one) => one.client_id === client_id)
        ?? this.append({ id: `m_${client_id}`, author: { type: "contact", id: "ctc_1" }, kind: "text", text: frame["text"] as string, client_id });
      return [{ type: "ack", client_id, conversation: "cnv_1", seq: message.seq, message: message.id }];
    }
    if (frame.type === "ping") return [{ type: "pong" }];
    return frame.client_id === undefined ? [] : [{ type: "ack", client_id }];
  }

  private append(content: Omit<Message, "seq" | "at">): Message {
    const message = { ...content, seq: this.messages.length + 1, at: 1_000 + this.messages.length } as Message;
    this.messages.push(message);
    this.conversation = {
      id: "cnv_1", state: "active", queue_name: { "zh-CN": "税务", en: "Tax" }, last_seq: message.seq,
      read_by_agent: 0, read_by_contact: this.conversation?.read_by_contact ?? 0,
    };
    this.version += 1;
    for (const socket of this.sockets) {
      socket.says({ type: "message", conversation: "cnv_1", message });
      socket.says({ type: "state", conversation: this.conversation });
    }
    for (const { query, answer } of this.waiting.splice(0)) answer(this.answer(query));
    return message;
  }

  private welcome(resume: { conversation: string; seq: number } | null): WidgetFrame {
    const resumed = resume?.conversation === "cnv_1";
    return {
      type: "welcome", epoch: "e1", resumed, conversation: this.conversation, now: 0,
      messages: this.messages.filter((message) => message.seq > (resumed ? resume.seq : 0)),
    };
  }

  private answer(query: URLSearchParams): Response {
    const conversation = query.get("conversation");
    const frames = [this.welcome(conversation === null ? null : { conversation, seq: Number(query.get("seq")) })];
    return Response.json({ frames, version: this.version });
  }

  private poll(query: URLSearchParams, signal: AbortSignal | undefined): Promise<Response> {
    if (query.get("version") !== String(this.version) || query.get("wait_ms") === "0") return Promise.resolve(this.answer(query));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(this.answer(query)), Number(query.get("wait_ms")));
      this.waiting.push({ query, answer: resolve });
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(new DOMException("stopped", "AbortError"));
      });
    });
  }
}
