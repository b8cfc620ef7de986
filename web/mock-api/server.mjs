/**
 * Speaks the visitor's protocol well enough to look at the widget without a gateway:
 * `npm run mock [-- --port N] [--auto]`, then open http://127.0.0.1:N/demo/.
 * With `--auto` a simulated agent answers; without it, `POST /mock` with an action moves the
 * conversation on. It keeps everything in memory, trusts everybody, and is never shipped.
 * The browser tests of the widget start it on a free port by `startMock`.
 */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";
import { appApi, frames, PEOPLE } from "./apps.mjs";
import { callApi, chatCallApi } from "./calls.mjs";
import { Conversation } from "./conversation.mjs";
import { channelOf } from "./channel.mjs";

const flag = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? true);
};
const AUTO = process.argv.includes("--auto");
const WEB = join(import.meta.dirname, "..");
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
  ".json": "application/json", ".webmanifest": "application/manifest+json", ".png": "image/png", ".webp": "image/webp", ".woff2": "font/woff2",
};
/** As strict as the gateway's, so that whatever it would forbid fails here first. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; frame-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'";

/** Everything that this server knows: one conversation per visitor, and what `/mock` may change. */
const world = { visitors: new Map(), files: new Map(), closedHours: false, down: false, askName: "no", requestTypes: false, byMail: false, mailRefusal: null, noSockets: false, backend: true, call: null, callTrouble: null, callRefusal: null, callsBack: false, verify: false };

const server = createServer((request, response) => {
  const url = new URL(request.url, `http://${request.headers.host}`);
  route(request, response, url).catch((error) => {
    console.error(error);
    problem(response, 500, "internal");
  });
});

async function route(request, response, url) {
  const path = url.pathname;
  if (path === "/mock") return act(JSON.parse(await bodyOf(request)), response);
  if (path.startsWith("/v1/")) {
    if (world.down) return problem(response, 503, "store_down", { "retry-after": "1" });
    return api(request, response, url, path.slice(4));
  }
  // The backend of the sample app, where there is one.
  if (path === "/app/people" && world.backend) return json(response, PEOPLE);
  if (path === "/app/token" && world.backend) return response.end(`word-for-${url.searchParams.get("person")}`);
  return page(response, path);
}

async function api(request, response, url, path) {
  const sessions = /^chat\/([\w-]+)\/sessions$/.exec(path);
  if (sessions) return signIn(JSON.parse(await bodyOf(request)), response);
  if (path === "chat/messages") {
    const visitor = visitorOf(request);
    if (!visitor) return problem(response, 401, "not_authenticated");
    const before = Number(url.searchParams.get("before_seq"));
    const earlier = visitor.conversation.messages.filter((message) => message.seq < before);
    return json(response, { messages: earlier.slice(-Number(url.searchParams.get("limit") ?? 50)) });
  }
  if (path === "chat/transcripts" || path === "chat/address") return mailFor(request, response, path === "chat/address");
  if (path === "files" && request.method === "POST") return takeFile(request, response);
  const file = /^files\/([\w-]+)$/.exec(path);
  if (file) {
    const found = world.files.get(file[1]);
    if (!found || !visitorOf(request)) return problem(response, 404, "not_found");
    response.writeHead(200, { "content-type": found.type, "content-disposition": "attachment", "x-content-type-options": "nosniff" });
    return response.end(found.bytes);
  }
  const visitor = visitorOf(request);
  const calling = path.startsWith("phone/") || path === "chat/callback";
  if (calling) {
    const body = JSON.parse(await bodyOf(request));
    return said(response, callApi(world, request.method, path, body) ?? (visitor && chatCallApi(world, visitor, request.method, path, body)) ?? { status: 401, code: "not_authenticated" });
  }
  if (visitor && path === "chat/frames") return byRequests(request, response, url, visitor);
  const ofApp = visitor && appApi(visitor, request.method, path, request.method === "PUT" ? JSON.parse(await bodyOf(request)) : null);
  if (ofApp) {
    response.writeHead(ofApp.status, { "content-type": "application/json" });
    return response.end(ofApp.body === undefined ? undefined : JSON.stringify(ofApp.body));
  }
  // Everybody is new here: no conversations of earlier days.
  if (path === "chat/conversations") return json(response, { conversations: [], next: null });
  const channel = /^chat\/([\w-]+)$/.exec(path);
  if (channel) return json(response, channelOf(channel[1], world));
  return problem(response, 404, "not_found");
}

function signIn(body, response) {
  // The same word finds the same person, on whatever device.
  const vouched = [...world.visitors].find(([, visitor]) => body.identity_token && visitor.word === body.identity_token)?.[0];
  const known = world.visitors.get(vouched ?? body.token);
  const token = known ? (vouched ?? body.token) : `v_${crypto.randomUUID()}`;
  if (!known) world.visitors.set(token, { contact: `ctc_${world.visitors.size + 1}`, conversation: new Conversation(AUTO), sockets: new Set(), waiting: new Set(), devices: new Map(), word: body.identity_token });
  const visitor = world.visitors.get(token);
  visitor.conversation.tell = (frame) => {
    visitor.sockets.forEach((socket) => socket.send(JSON.stringify(frame)));
    // After what made it: the log is whole before anybody reads it.
    setImmediate(() => visitor.waiting.forEach((done) => done()));
  };
  json(response, { token, contact: visitor.contact, verified: Boolean(body.identity_token) });
}

/** The socket's frames by requests. */
async function byRequests(request, response, url, visitor) {
  if (request.method === "GET") return json(response, await frames(visitor, url.searchParams));
  const said = [];
  visitor.conversation.hear(JSON.parse(await bodyOf(request)).frame, (answer) => said.push(answer), visitor.contact, world);
  return json(response, { frames: said });
}

/** A transcript, or an address for answers. */
async function mailFor(request, response, isAddress) {
  const visitor = visitorOf(request);
  if (!visitor) return problem(response, 401, "not_authenticated");
  if (world.mailRefusal) return problem(response, 409, world.mailRefusal);
  if (isAddress && request.method === "DELETE") {
    visitor.conversation.leave(null);
    response.writeHead(204);
    return response.end();
  }
  const [local, domain] = JSON.parse(await bodyOf(request)).email.split("@");
  if (isAddress) visitor.conversation.leave(`${local[0]}…@${domain}`);
  response.writeHead(isAddress ? 204 : 202);
  return response.end();
}

async function takeFile(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const boundary = /boundary=(.+)$/.exec(request.headers["content-type"] ?? "")?.[1];
  const headEnd = raw.indexOf("\r\n\r\n");
  const head = raw.subarray(0, headEnd).toString("utf8");
  const bytes = raw.subarray(headEnd + 4, raw.lastIndexOf(`\r\n--${boundary}`));
  const id = `fil_${world.files.size + 1}`;
  const type = /Content-Type: (.+)/i.exec(head)?.[1]?.trim() ?? "application/octet-stream";
  world.files.set(id, { type, bytes });
  json(response, { id, name: /filename="([^"]*)"/.exec(head)?.[1] ?? "file", media_type: type, bytes: bytes.length });
}

/** What a test or a person at the keyboard makes happen. */
function act(action, response) {
  Object.assign(world, action.set ?? {});
  for (const visitor of world.visitors.values()) {
    if (action.drop) visitor.sockets.forEach((socket) => socket.terminate());
    if (action.do) visitor.conversation[action.do](...(action.with ?? []));
  }
  if (action.forget) {
    world.visitors.clear();
    Object.assign(world, { callBodies: [], callLooks: 0 });
  }
  json(response, { visitors: world.visitors.size, said: [...world.visitors.values()].map((one) => one.conversation.messages.length), devices: [...world.visitors.values()].map((one) => one.devices.size), calls: { bodies: world.callBodies ?? [], looks: world.callLooks ?? 0 } });
}

function page(response, path) {
  const [, top, ...rest] = path.split("/");
  const root = { widget: "widget/dist", demo: "sample-site/dist", desk: "desk/dist", app: "sample-app/dist", callback: "widget/dist/callback" }[top];
  if (path === "/") {
    response.writeHead(302, { location: "/demo/" });
    return response.end();
  }
  const file = root && normalize(join(WEB, root, decodeURIComponent(rest.join("/")) || (top === "callback" ? "callback.html" : "index.html")));
  if (!file || !file.startsWith(join(WEB, root)) || !existsSync(file) || !statSync(file).isFile()) return problem(response, 404, "not_found");
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY });
  return createReadStream(file).pipe(response);
}

const sockets = new WebSocketServer({ server, path: "/v1/socket/visitor" });
sockets.on("connection", (socket) => {
  // As a network does that knows no sockets.
  if (world.noSockets) return socket.terminate();
  let visitor = null;
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data));
    if (frame.type === "hello") {
      visitor = world.visitors.get(frame.token) ?? null;
      if (!visitor) return socket.close(4001);
      visitor.sockets.add(socket);
      return socket.send(JSON.stringify(visitor.conversation.welcome(frame.resume)));
    }
    if (frame.type === "ping") return socket.send('{"type":"pong"}');
    return visitor?.conversation.hear(frame, (answer) => socket.send(JSON.stringify(answer)), visitor.contact, world);
  });
  return socket.on("close", () => visitor?.sockets.delete(socket));
});

const visitorOf = (request) => world.visitors.get((request.headers.authorization ?? "").replace("Bearer ", ""));

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? "{}" : text;
}

function json(response, value) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function problem(response, status, code, headers = {}, errors = undefined) {
  response.writeHead(status, { "content-type": "application/problem+json", "cache-control": "no-store", ...headers });
  response.end(JSON.stringify({ type: "about:blank", title: code, status, code, detail: code, errors }));
}

/** An answer that was made elsewhere. */
function said(response, { status, body, code, errors, headers }) {
  if (code) return problem(response, status, code, headers, errors);
  response.writeHead(status, { "content-type": "application/json" });
  return response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** Listens; resolves to the address and a way to end it. */
export function startMock(port = 0) {
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const close = () => {
        sockets.clients.forEach((socket) => socket.terminate());
        server.closeAllConnections();
        return new Promise((done) => server.close(done));
      };
      resolve({ base: `http://127.0.0.1:${server.address().port}`, close });
    });
  });
}

if (process.argv[1] === import.meta.filename) {
  const { base } = await startMock(Number(flag("port", 8099)));
  console.log(`${base}/demo/${AUTO ? " (an agent is simulated)" : ""}`);
}
