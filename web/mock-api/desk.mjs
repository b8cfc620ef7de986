/** A mock of the gateway for the desk: `node mock-api/desk.mjs [port]`, after `npm run build -w desk`.
 * Any agent of `desk-data.mjs` signs in with any password; the password `once` must be changed. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";
import { makeDesk } from "./desk-state.mjs";

const dist = new URL("../desk/dist/", import.meta.url).pathname;
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
/** As the gateway's, so that whatever it would forbid fails here first. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob: https:; font-src 'self'; media-src 'self' blob:; "
  + "connect-src 'self' ws:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function startMock(port = 0) {
  const desk = makeDesk();
  const server = createServer((request, response) => void answer(desk, request, response));
  const sockets = new WebSocketServer({ server, path: "/v1/socket/agent" });
  sockets.on("connection", (socket) => desk.connect(socket));
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => resolve({ desk, port: server.address().port, stop: () => { sockets.clients.forEach((each) => each.terminate()); server.close(); } }));
  });
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function answer(desk, request, response) {
  const url = new URL(request.url, "http://mock");
  if (url.pathname === "/") return response.writeHead(302, { location: "/desk/" }).end();
  if (!url.pathname.startsWith("/v1/")) return page(url.pathname, response);
  const raw = await bodyOf(request);
  const isJson = request.headers["content-type"]?.startsWith("application/json");
  try {
    const body = isJson && raw.length > 0 ? JSON.parse(raw) : {};
    const result = desk.handle(request.method, url.pathname.slice(3), url.searchParams, body, { raw, token: request.headers.authorization?.slice(7) });
    if (Buffer.isBuffer(result?.bytes)) return response.writeHead(200, { "content-type": result.media_type }).end(result.bytes);
    response.writeHead(result === undefined ? 204 : 200, { "content-type": "application/json" }).end(result === undefined ? "" : JSON.stringify(result));
  } catch (problem) {
    const status = problem.status ?? 500;
    const detail = problem.status ? problem.detail : String(problem.stack);
    response.writeHead(status, { "content-type": "application/problem+json" })
      .end(JSON.stringify({ type: "about:blank", title: problem.code, status, code: problem.code ?? "internal", detail, errors: problem.errors }));
  }
}

async function page(pathname, response) {
  const path = normalize(pathname.replace(/^\/desk\//u, ""));
  const file = extname(path) && !path.startsWith("..") ? path : "index.html";
  try {
    const bytes = await readFile(join(dist, file));
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { port } = await startMock(Number(process.argv[2] ?? 8090));
  process.stdout.write(`http://127.0.0.1:${port}/desk/\n`);
}
