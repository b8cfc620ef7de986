/**
 * The sample app's own backend, for trying the app against a real gateway:
 *
 *   node backend.mjs --gateway http://127.0.0.1:8080 --channel app --key app-key.pem --kid 2026-11 [--port 8090]
 *
 * It serves the built app at `/app/`, vouches for two sample people, and hands everything below `/v1/` on to the
 * gateway, so that the app sees one origin. `--key` is an ES256 private key (PEM, PKCS #8); its public half stands in
 * the channel's `identity_keys` under the id `--kid`. A real backend vouches only for whoever is signed in with it.
 */
import { createPrivateKey, sign } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import { extname, join, normalize } from "node:path";

const option = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : process.argv[at + 1];
};
const GATEWAY = new URL(option("gateway", "http://127.0.0.1:8080"));
const CHANNEL = option("channel", "app");
const KID = option("kid", "sample");
const KEY_FILE = option("key");
const DIST = join(import.meta.dirname, "dist");
const PEOPLE = [{ id: "wang-fang", name: "王芳" }, { id: "li-qiang", name: "李强" }];
/** Short: whoever signs out of the agency is known to the desk for no longer than this without being asked again. */
const LIFE_SECS = 600;
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

if (KEY_FILE === undefined) {
  console.error("--key is needed: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out app-key.pem");
  process.exit(2);
}
const key = createPrivateKey(readFileSync(KEY_FILE));
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT (RFC 7519) that vouches for a person to this channel. */
function word({ id, name }) {
  const said = `${part({ alg: "ES256", typ: "JWT", kid: KID })}.${part({ sub: id, name, aud: CHANNEL, exp: Math.floor(Date.now() / 1000) + LIFE_SECS })}`;
  return `${said}.${sign("sha256", Buffer.from(said), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

function answer(response, status, type, body) {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}

function page(response, path) {
  const file = normalize(join(DIST, decodeURIComponent(path) || "index.html"));
  if (!file.startsWith(DIST) || !existsSync(file) || !statSync(file).isFile()) return answer(response, 404, "text/plain", "there is nothing here");
  const forever = path.startsWith("assets/");
  response.writeHead(200, {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY,
    "x-content-type-options": "nosniff", "cache-control": forever ? "public, max-age=31536000, immutable" : "no-cache",
  });
  return createReadStream(file).pipe(response);
}

/** The gateway takes sockets from pages of its own address only: here it sees its own. */
const toGateway = (request) => ({
  host: GATEWAY.hostname, port: GATEWAY.port, method: request.method, path: request.url,
  headers: { ...request.headers, host: GATEWAY.host, ...(request.headers.origin ? { origin: GATEWAY.origin } : {}) },
});

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://sample");
  if (url.pathname === "/" || url.pathname === "/app") {
    response.writeHead(302, { location: "/app/" });
    return response.end();
  }
  if (url.pathname === "/app/people") return answer(response, 200, "application/json", JSON.stringify(PEOPLE));
  if (url.pathname === "/app/token" && request.method === "POST") {
    const person = PEOPLE.find(({ id }) => id === url.searchParams.get("person"));
    return person ? answer(response, 200, "application/jwt", word(person)) : answer(response, 404, "text/plain", "nobody");
  }
  if (url.pathname.startsWith("/app/")) return page(response, url.pathname.slice("/app/".length));
  const onward = ask(toGateway(request), (found) => {
    response.writeHead(found.statusCode, found.headers);
    found.pipe(response);
  });
  onward.on("error", () => answer(response, 502, "text/plain", "the gateway does not answer"));
  // Whoever waits for news and goes away waits no longer.
  response.on("close", () => onward.destroy());
  return request.pipe(onward);
});

server.on("upgrade", (request, socket, head) => {
  const onward = ask(toGateway(request));
  onward.on("upgrade", (found, other, rest) => {
    const lines = Object.entries(found.headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
    if (rest.length > 0) socket.write(rest);
    if (head.length > 0) other.write(head);
    other.pipe(socket).pipe(other);
    for (const one of [socket, other]) one.on("error", () => [socket, other].forEach((each) => each.destroy()));
  });
  onward.on("response", () => socket.destroy());
  onward.on("error", () => socket.destroy());
  onward.end();
});

server.listen(Number(option("port", 8090)), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/app/  →  ${GATEWAY.origin}, channel ${CHANNEL}`);
});
