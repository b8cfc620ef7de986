/** The mock desk's state and its answers: enough of the API for every page of the desk. */
import * as data from "./desk-data.mjs";
import { adminAnswers } from "./desk-admin.mjs";
import { correspondences, mailAnswers } from "./desk-mail.mjs";

let lastId = 0;
const mint = (prefix) => `${prefix}_${String((lastId += 1)).padStart(8, "0")}`;
export const refuse = (status, code, detail = code, errors) => Object.assign(new Error(code), { status, code, detail, errors });
const now = () => Date.now();

export function makeDesk() {
  const conversations = new Map();
  const logs = new Map();
  const contacts = new Map();
  const files = new Map();
  const presence = new Map(data.agents.map((agent, n) => [agent.id, { presence: ["away", "ready", "ready", "ready", "not_answering", "ready", "away", "offline", "offline"][n], since: now() - (n + 1) * 420_000 }]));
  const sockets = new Set();
  const me = data.agents[0];
  const channelOf = (id) => data.channels.find((each) => each.id === id);

  function emit(event) {
    for (const socket of sockets) socket.send(JSON.stringify({ type: "event", cursor: `${now()}-0`, event }));
  }
  const summary = (one) => ({ ...one, last_message: logs.get(one.id)?.findLast((each) => each.kind === "text") ?? logs.get(one.id)?.at(-1) });

  function contactFor(name, channel) {
    const found = [...contacts.values()].find((each) => each.name === name && name !== "访客");
    if (found) return found;
    const verified = name !== "访客" && channel !== "city-app";
    const value = { email: "zhou.min@edu.city.example", im: "machao", app: "u-20417733", web_chat: "v-7f3a91c2" }[channelOf(channel).kind];
    const kind = { email: "email", im: "user_id", app: "user_id", web_chat: verified ? "user_id" : "visitor" }[channelOf(channel).kind];
    const one = { id: mint("ctc"), name: name === "访客" ? "" : name, audience: channelOf(channel).audience, locale: /^[A-Z]/u.test(name) ? "en" : "zh-CN", created_at: now() - 9e9,
      identities: [{ channel, kind, value, verified }], attributes: verified ? { 所在区县: "江北区", 参保单位: "江北区第三小学", 会员等级: "实名 L3" } : {} };
    contacts.set(one.id, one);
    return one;
  }

  function append(one, author, text, at, more = {}) {
    const log = logs.get(one.id) ?? [];
    const message = { id: mint("msg"), seq: log.length + 1, at, author, kind: "text", text, ...more };
    logs.set(one.id, [...log, message]);
    one.last_seq = message.seq;
    return message;
  }
  function say(one, author, text, more) {
    const message = append(one, author, text, now(), more);
    emit({ type: "message_appended", conversation: one.id, contact: one.contact, agent: one.agent, message });
    return message;
  }
  const notice = (one, facts) => say(one, { type: "system" }, undefined, { kind: "notice", notice: facts });

  function open(name, queue, channel, request_type, secs, more) {
    const contact = contactFor(name, channel);
    const arrived_at = now() - secs * 1000;
    const target = data.queues.find((each) => each.id === queue).target_secs * 1000;
    const one = { id: mint("conv"), state: "queued", contact: contact.id, channel, kind: channelOf(channel).kind, queue, agent: null, opened_at: arrived_at, arrived_at,
      due_at: arrived_at + target, last_seq: 0, read_by_contact: 0, read_by_agent: 0,
      info: { contact_name: contact.name, audience: contact.audience, locale: contact.locale, request_type, topic: queue, page_url: "https://www.city.example/social/transfer?from=search", verified: contact.identities[0].verified }, ...more };
    conversations.set(one.id, one);
    return one;
  }
  const whyOf = (one) => {
    const rung = data.queues.find((each) => each.id === one.queue).ladder[0].skills;
    const lane = `w|${Object.entries(rung).map(([skill, level]) => `${skill}:${level}`).join(",")}||`;
    return { trigger: "arrival", lane, rule: "longest_idle", waited_ms: 18_400, groups: 3, eligible: 2, passed_over: [{ agent: "wang-wei", why: "capacity" }, { agent: "sun-li", why: "declined" }] };
  };

  for (const [name, queue, channel, type, secs, read, words] of data.held) {
    const one = open(name, queue, channel, type, secs, { state: "active", agent: me.id, accepted_at: now() - secs * 1000 + 18_000 });
    one.why = whyOf(one);
    words.forEach(([who, ago, text], n) => {
      const author = who === "c" ? { type: "contact", id: one.contact } : { type: "agent", id: me.id };
      append(one, author, text, now() - ago * 1000, who === "n" ? { kind: "note" } : {});
      if (n === 0) append(one, { type: "system" }, undefined, one.accepted_at, { kind: "notice", notice: { code: "joined", agent: me.id } });
    });
    one.read_by_contact = one.last_seq - 1;
    one.read_by_agent = read ? one.last_seq : 0;
    if (name === "王秀英") one.read_by_agent = one.last_seq - 1;
  }
  for (const [name, queue, audience, due, letters] of correspondences) {
    const one = open(name, queue, "mailbox", "fault", letters[0].ago / 1000, { state: "active", agent: me.id, accepted_at: now() - letters[0].ago + 60_000, due_at: now() + due * 1000 });
    one.info.audience = audience;
    one.why = whyOf(one);
    for (const { ago, from, text, mail, notice, files: attached } of letters) {
      const at = now() - ago;
      const refs = attached?.map(([file, media_type, bytes]) => ({ id: mint("file"), name: file, media_type, bytes }));
      if (notice) append(one, { type: "system" }, undefined, at, { kind: "notice", notice: { ...notice, message: logs.get(one.id)[notice.message].id } });
      else append(one, from ? { type: "contact", id: one.contact } : { type: "agent", id: me.id }, text, at, { mail, ...(refs ? { files: refs } : {}) });
    }
    one.read_by_agent = one.last_seq;
  }
  for (const [name, queue, channel, type, secs, text] of data.waiting) append(open(name, queue, channel, type, secs), { type: "contact", id: "ctc" }, text, now() - secs * 1000);
  for (const [name, queue, channel, type, ago, resolution, text] of data.closed) {
    const one = open(name, queue, channel, type, ago / 1000 + 900, { state: "closed", agent: me.id, closed_at: now() - ago });
    one.info.resolution = resolution;
    append(one, { type: "contact", id: one.contact }, text, now() - ago - 60_000);
    append(one, { type: "system" }, undefined, now() - ago, { kind: "notice", notice: { code: "closed", by: "agent" } });
  }

  const get = (id) => conversations.get(id) ?? (() => { throw refuse(404, "not_found"); })();
  const mine = () => [...conversations.values()].filter((one) => one.agent === me.id && ["active", "offered", "wrap_up"].includes(one.state));

  function offer(n = 0, secs = 30) {
    const [name, queue, channel, type, waited, text] = data.offers[n];
    const one = open(name, queue, channel, type, waited);
    append(one, { type: "contact", id: one.contact }, text, one.arrived_at);
    Object.assign(one, { state: "offered", agent: me.id, offer_token: mint("ofr"), until: now() + secs * 1000, why: whyOf(one) });
    emit({ type: "offer_made", conversation: one.id, contact: one.contact, agent: me.id, token: one.offer_token, deadline: one.until, why: one.why });
    setTimeout(() => { if (one.state === "offered") { Object.assign(one, { state: "queued", agent: null }); emit({ type: "offer_expired", conversation: one.id, agent: me.id }); } }, secs * 1000).unref();
    return one;
  }
  function setPresence(agent, value, reason) {
    presence.set(agent, { presence: value, since: now() });
    emit({ type: "presence_changed", agent, presence: value, reason });
  }
  function assign(one, agent, how) {
    Object.assign(one, { state: "active", agent, accepted_at: now(), until: null, offer_token: null });
    notice(one, { code: "joined", agent });
    emit({ type: "conversation_assigned", conversation: one.id, contact: one.contact, agent, how, waited_ms: now() - one.arrived_at });
  }
  function accept(id, token) {
    const one = get(id);
    if (one.state === "active" && one.agent === me.id) return;
    if (one.state !== "offered" || one.offer_token !== token) throw refuse(409, "stale_offer");
    assign(one, me.id, "accepted");
  }
  function decline(id, token, reason) {
    const one = get(id);
    if (one.offer_token !== token) throw refuse(409, "stale_offer");
    Object.assign(one, { state: "queued", agent: null, offer_token: null });
    emit({ type: "offer_declined", conversation: one.id, agent: me.id, reason });
  }
  function write(id, { text, files: ids = [], note, client_id, mail }) {
    const one = get(id);
    const before = logs.get(id).find((each) => each.client_id === client_id);
    if (before) return before;
    if (!note && (one.state !== "active" || one.agent !== me.id)) throw refuse(409, "not_assigned");
    return say(one, { type: "agent", id: me.id }, text, { client_id, ...(note ? { kind: "note" } : {}), ...(one.kind === "email" && !note ? { mail: { from: { address: "service@city.example", name: "市政务服务台" }, ...mail } } : {}), ...(ids.length ? { files: ids.map((each) => files.get(each).ref) } : {}) });
  }

  const socketFrames = {
    hello: (socket) => socket.send(JSON.stringify({ type: "welcome", epoch: "mock", cursor: `${now()}-0`, resumed: false, agent: me.id, presence: presence.get(me.id).presence, now: now() })),
    renew: () => {},
    ping: (socket) => socket.send('{"type":"pong"}'),
    presence: (_, frame) => setPresence(me.id, frame.presence, "agent"),
    accept: (_, frame) => void accept(frame.conversation, frame.token),
    decline: (_, frame) => void decline(frame.conversation, frame.token, frame.reason),
    send: (_, frame) => write(frame.conversation, frame),
    note: (_, frame) => write(frame.conversation, { ...frame, note: true }),
    typing: () => {},
    read: (_, frame) => { const one = get(frame.conversation); one.read_by_agent = frame.seq; emit({ type: "read_marked", conversation: one.id, contact: one.contact, agent: one.agent, by: "agent", seq: frame.seq }); },
  };
  function connect(socket) {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("message", (raw) => {
      const frame = JSON.parse(String(raw));
      try {
        const done = socketFrames[frame.type](socket, frame);
        if (frame.client_id) socket.send(JSON.stringify({ type: "ack", client_id: frame.client_id, ...(done ? { seq: done.seq, message: done.id } : {}) }));
      } catch (problem) {
        socket.send(JSON.stringify({ type: "refused", client_id: frame.client_id, code: problem.code ?? "internal", detail: problem.detail ?? String(problem) }));
      }
    });
  }

  const signedIn = (must) => ({ access_token: mint("acc"), expires_in_secs: 600, refresh_token: mint("ref"), agent: me, must_change_password: must });
  const waitingIn = (queue) => [...conversations.values()].filter((one) => one.queue === queue && one.state === "queued").sort((a, b) => a.due_at - b.due_at);
  const loads = { "li-na": 90, "wang-wei": 60, "zhang-min": 100, "chen-jie": 30, "zhao-lei": 40 };
  const routes = [
    ["POST", "/auth/login", (_, __, body) => { if (body.password === "wrong") throw refuse(401, "login_failed"); return signedIn(body.password === "once"); }],
    ["POST", "/auth/refresh", () => signedIn(false)],
    ["POST", "/auth/logout", () => undefined],
    ["POST", "/auth/password", () => signedIn(false)],
    ["POST", "/auth/bootstrap", (_, __, body) => { if (body.code !== "HUTONG-1234") throw refuse(401, "login_failed"); return signedIn(false); }],
    ["GET", "/desk", () => ({ epoch: "mock", cursor: `${now()}-0`, me, presence: presence.get(me.id).presence, conversations: mine().map(summary), agents: data.agents.map(({ id, name }) => ({ id, name })),
      queues: data.queues.map(({ id, name }) => ({ id, name })), channels: data.channels.map(({ id, name, kind, adapter }) => ({ id, name, kind, adapter, calls: ["hotline", "website"].includes(id) })), request_types: data.requestTypes, quick_replies: data.quickReplies, skills: data.skills, now: now() })],
    ["GET", "/conversations", (_, query) => { const q = query.get("q") ?? ""; return { conversations: [...conversations.values()].filter((one) => one.state === "closed" && JSON.stringify(logs.get(one.id)).concat(one.info.contact_name).includes(q)).sort((a, b) => b.closed_at - a.closed_at).map(summary) }; }],
    ["GET", "/conversations/:id", ([id]) => summary(get(id))],
    ["GET", "/conversations/:id/messages", ([id], query) => {
      get(id);
      const log = logs.get(id);
      const after = Number(query.get("after_seq") ?? 0);
      const before = Number(query.get("before_seq") ?? Number.MAX_SAFE_INTEGER);
      const fitting = log.filter((each) => each.seq > after && each.seq < before);
      const limit = Number(query.get("limit") ?? 50);
      return { messages: query.has("after_seq") ? fitting.slice(0, limit) : fitting.slice(-limit), last_seq: log.length };
    }],
    ["POST", "/conversations/:id/transfer", ([id], _, body) => {
      const one = get(id);
      if (body.note) say(one, { type: "agent", id: me.id }, body.note, { kind: "note" });
      emit({ type: "conversation_released", conversation: id, agent: one.agent, reason: "transfer" });
      Object.assign(one, { state: "queued", agent: null, queue: body.queue ?? one.queue });
      emit({ type: "conversation_queued", conversation: id, contact: one.contact, queue: one.queue, lane: "w|||", due_at: one.due_at, reason: "transfer" });
    }],
    ["POST", "/conversations/:id/close", ([id], _, body) => {
      const one = get(id);
      one.info.resolution = body.resolution;
      one.info.request_type = body.request_type ?? one.info.request_type;
      notice(one, { code: "closed", by: "agent" });
      Object.assign(one, { state: "wrap_up", until: now() + 60_000, closed_at: now() });
      emit({ type: "conversation_closed", conversation: id, contact: one.contact, agent: me.id, by: "agent", from: "active", wrap_up: true });
      return { wrap_up: true };
    }],
    ["POST", "/conversations/:id/end_wrap_up", ([id]) => { get(id).state = "closed"; emit({ type: "wrap_up_ended", conversation: id, agent: me.id }); }],
    ["POST", "/conversations/:id/snooze", ([id], _, body) => { const one = get(id); Object.assign(one, { state: "snoozed", agent: null, until: body.until }); emit({ type: "conversation_snoozed", conversation: id, contact: one.contact, until: body.until }); }],
    ["POST", "/conversations/:id/describe", ([id], _, body) => { const one = get(id); Object.assign(one.info, body); emit({ type: "conversation_described", conversation: id, agent: one.agent }); }],
    ["POST", "/conversations/:id/assign", ([id], _, body) => { if (loads[body.agent] === 100) throw refuse(409, "over_capacity"); assign(get(id), body.agent, "manual"); }],
    ["GET", "/contacts/:id", ([id]) => ({ ...(contacts.get(id) ?? (() => { throw refuse(404, "not_found"); })()), same_person: [], separated: [], devices: [], conversations: [...conversations.values()].filter((one) => one.contact === id && one.state === "closed").map(summary) })],
    ["POST", "/presence", (_, __, body) => setPresence(me.id, body.presence, "agent")],
    ["GET", "/queues/state", () => data.queues.map(({ id }) => { const all = waitingIn(id); return { queue: id, waiting: all.length, oldest_due: all[0]?.due_at ?? null, oldest_arrival: all[0]?.arrived_at ?? null }; })],
    ["GET", "/queues/:id/waiting", ([id]) => waitingIn(id).map(summary)],
    ["GET", "/agents/state", () => data.agents.map((agent) => ({ agent: agent.id, name: agent.name, ...presence.get(agent.id), used: loads[agent.id] ?? 0, units: 100, held: Math.ceil((loads[agent.id] ?? 0) / 30), offered: agent.id === "wang-wei" ? "conv_x" : null }))],
    ["POST", "/agents/:id/presence", ([id], _, body) => setPresence(id, body.presence, "supervisor")],
    ["GET", "/reports/today", () => data.queues.map(({ id }, n) => ({ queue: id, offered: 60 - n * 7, answered: 56 - n * 7, abandoned: 4, short_abandoned: 1, answered_in_time: 50 - n * 7, mean_wait_ms: 21_000 + n * 6000, service_level: 0.9, definition: { within_secs: 120, short_abandon_secs: 5, denominator: "offered_less_short_abandons" } }))],
    ["POST", "/files", (_, __, ___, { raw }) => {
      const head = raw.toString("latin1").slice(0, 600);
      const start = raw.indexOf("\r\n\r\n") + 4;
      const name = Buffer.from(/filename="([^"]*)"/u.exec(head)?.[1] ?? "file", "latin1").toString();
      const media_type = /Content-Type: (\S+)/u.exec(head)?.[1] ?? "application/octet-stream";
      const bytes = raw.subarray(start, raw.lastIndexOf("\r\n--"));
      const ref = { id: mint("file"), name, media_type, bytes: bytes.length };
      files.set(ref.id, { ref, bytes });
      return ref;
    }],
    ["GET", "/files/:id", ([id]) => ({ bytes: files.get(id).bytes, media_type: files.get(id).ref.media_type })],
    ...adminAnswers({ data, refuse, mint, now }),
    ...mailAnswers({ logs, get, refuse, now }),
  ].map(([method, path, run]) => ({ method, pattern: new RegExp(`^${path.replace(/:\w+/gu, "([^/]+)")}$`, "u"), run }));

  function handle(method, path, query, body, extra) {
    for (const route of routes) {
      const match = route.method === method && route.pattern.exec(path);
      if (match) return route.run(match.slice(1).map(decodeURIComponent), query, body, extra);
    }
    throw refuse(404, "not_found", `${method} ${path}`);
  }
  const broadcast = (frame) => sockets.forEach((socket) => socket.send(JSON.stringify(frame)));
  return { handle, connect, offer, say, broadcast, setPresence, conversations, mine, logs, me, files, mint, sockets };
}
