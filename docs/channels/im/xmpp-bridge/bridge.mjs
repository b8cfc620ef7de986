// A bridge between an XMPP server and a desk: a component of the server (XEP-0114) on one side, signed
// HTTP after Standard Webhooks on the other. What is posted says bridge.schema.json.
//
// What a person says is written down before anything else, and the server's receipt (XEP-0184) goes back
// only when the desk has it. What the desk says is answered with 200 only when the server has it. Ids are
// kept in both directions, so whatever is done twice is known by its id.

import { component, jid, xml } from "@xmpp/component";
import { Webhook } from "standardwebhooks";
import { createHash, randomUUID } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const need = (name) => process.env[name] ?? (() => { throw new Error(`${name} is not set`); })();
const SERVICE = need("XMPP_SERVICE"); // xmpp://127.0.0.1:5347
const SERVER = need("XMPP_SERVER"); // city.example
const DOMAIN = need("XMPP_DOMAIN"); // desk.city.example
const CALLBACK = need("DESK_CALLBACK"); // https://desk.example/v1/callbacks/xmpp
const SPOOL = need("SPOOL"); // a folder of its own
const secrets = need("DESK_SECRETS").split(",").map((secret) => new Webhook(secret)); // whsec_…
const ADDRESS = `help@${DOMAIN}`; // the desk's own, for people who have not written yet
const BODY_BYTES_MAX = 64 * 1024;
const KNOWN_MAX = 10_000;

const RECEIPTS = "urn:xmpp:receipts";
const STATES = "http://jabber.org/protocol/chatstates";
const MARKERS = "urn:xmpp:chat-markers:0";
const CORRECT = "urn:xmpp:message-correct:0";

const xmpp = component({ service: SERVICE, domain: DOMAIN, password: need("XMPP_PASSWORD") });
xmpp.on("error", (error) => console.error(`xmpp: ${error.message}`));
// A letter that is divided between two packets stays whole.
xmpp.on("connect", () => xmpp.socket.setEncoding("utf8"));
xmpp.iqCallee.get("urn:xmpp:ping", "ping", () => true);
xmpp.iqCallee.get("http://jabber.org/protocol/disco#info", "query", () =>
  xml("query", "http://jabber.org/protocol/disco#info",
    xml("identity", { category: "account", type: "registered" }),
    ...[RECEIPTS, STATES, MARKERS, CORRECT].map((of) => xml("feature", { var: of }))));

// --- from people to the desk ---------------------------------------------------------------------

async function post(event) {
  const body = JSON.stringify(event);
  const time = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": event.id,
    "webhook-timestamp": String(Math.floor(time.getTime() / 1000)),
    "webhook-signature": secrets[0].sign(event.id, time, body),
  };
  return fetch(`${CALLBACK}/events`, { method: "POST", headers, body, signal: AbortSignal.timeout(30_000) });
}

let written = 0;
let wake = () => {};

/** Writes an event down; whatever happens to us now, it will be posted. */
function keep(event, receipt) {
  const name = `${String(Date.now()).padStart(15, "0")}-${String(written++).padStart(9, "0")}`;
  const file = openSync(`${SPOOL}/.${name}`, "w", 0o600);
  writeSync(file, JSON.stringify({ event, receipt }));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${SPOOL}/.${name}`, `${SPOOL}/${name}.json`);
  wake();
}

/** Posts what is written down, in its order, each until the desk has it. */
async function postAll() {
  for (let wait = 500; ; ) {
    const [name] = readdirSync(SPOOL).filter((file) => file.endsWith(".json")).sort();
    if (name === undefined) {
      await new Promise((resolve) => { wake = resolve; });
      continue;
    }
    const { event, receipt } = JSON.parse(readFileSync(`${SPOOL}/${name}`, "utf8"));
    const answer = await post(event).catch((error) => ({ status: 0, why: error.message }));
    if (answer.status === 200 || answer.status === 422) {
      const { result, detail } = await answer.json().catch(() => ({ result: "unreadable" }));
      const stanza = result === "refused" ? refusal(receipt, detail) : received(receipt);
      if (receipt && stanza) await xmpp.send(stanza).catch(() => {});
      unlinkSync(`${SPOOL}/${name}`);
      wait = 500;
    } else {
      console.error(`the desk does not take it: ${answer.why ?? `HTTP ${answer.status}`}`);
      await pause(wait);
      wait = Math.min(wait * 2, 30_000);
    }
  }
}

const received = (receipt) => receipt?.wanted
  && xml("message", { from: receipt.to, to: receipt.from }, xml("received", { xmlns: RECEIPTS, id: receipt.id }));
const refusal = (receipt, text) => receipt
  && xml("message", { from: receipt.to, to: receipt.from, id: receipt.id, type: "error" },
    xml("error", { type: "modify" },
      xml("not-acceptable", "urn:ietf:params:xml:ns:xmpp-stanzas"),
      xml("text", "urn:ietf:params:xml:ns:xmpp-stanzas", text ?? "")));

xmpp.on("stanza", (stanza) => {
  const { from, to, id, type } = stanza.attrs;
  if (!from || !to) return;
  const sender = { id: jid(from).bare().toString() };
  const event = { id: randomUUID(), conversation: jid(to).bare().toString(), sender };
  if (stanza.is("presence")) {
    if (type === "subscribe") xmpp.send(xml("presence", { from: to, to: from, type: "subscribed" })).catch(() => {});
    if (type === "subscribe" || type === "probe") xmpp.send(xml("presence", { from: to, to: from })).catch(() => {});
    return;
  }
  if (!stanza.is("message") || type === "groupchat") return;
  // Ids are unique for each sender only.
  const named = (name) => {
    const whole = `${sender.id} ${name}`;
    return Buffer.byteLength(whole) <= 256 ? whole : createHash("sha256").update(whole).digest("hex");
  };
  const body = stanza.getChildText("body")?.trim();
  const marked = stanza.getChild("displayed", MARKERS)?.attrs.id;
  const arrived = stanza.getChild("received", RECEIPTS)?.attrs.id;
  const replaced = stanza.getChild("replace", CORRECT)?.attrs.id;
  if (type === "error") {
    const why = stanza.getChild("error")?.getChildElements()[0]?.name ?? "refused";
    if (id) keep({ ...event, type: "delivery_report", command: id, delivered: false, reason: why });
  } else if (body) {
    const receipt = { from, to, id, wanted: Boolean(id && stanza.getChild("request", RECEIPTS)) };
    const own = { ...event, ...(id && { id: named(id) }), text: body };
    keep(replaced ? { ...own, type: "edited", message: named(replaced) } : { ...own, type: "message" }, receipt);
  } else if (marked) {
    keep({ ...event, type: "read", message: marked });
  } else if (arrived) {
    keep({ ...event, type: "delivery_report", command: arrived, delivered: true });
  } else if (stanza.getChild("composing", STATES)) {
    post({ ...event, type: "typing" }).catch(() => {}); // old before it could be tried again
  }
});

// --- from the desk to people ---------------------------------------------------------------------

const known = new Set();

/** The server has read everything that we sent before it answers this. */
const fence = () => xmpp.iqCaller.get(xml("ping", "urn:xmpp:ping"), SERVER, 10_000);

async function carryOut(command) {
  const head = { from: command.conversation ?? ADDRESS, to: command.recipient, type: "chat" };
  switch (command.type) {
    case "check": {
      const answer = await post({ type: "check", id: command.id });
      return answer.ok ? [200, { name: "XMPP" }] : [502, {}];
    }
    case "send":
    case "edit": {
      if (command.file) return [422, { reason: "files are not carried" }];
      if (known.has(command.id)) return [409, { ids: [command.id] }];
      const parts = [xml("body", {}, command.text), xml("request", RECEIPTS), xml("markable", MARKERS), xml("active", STATES)];
      if (command.type === "edit") parts.push(xml("replace", { xmlns: CORRECT, id: command.message }));
      await xmpp.send(xml("message", { ...head, id: command.id }, ...parts));
      await fence();
      known.add(command.id);
      if (known.size > KNOWN_MAX) known.delete(known.values().next().value);
      return [200, { ids: [command.id] }];
    }
    case "show_typing":
      await xmpp.send(xml("message", head, xml("composing", STATES)));
      return [200, {}];
    case "mark_read": {
      const id = command.message.split(" ").slice(1).join(" ");
      await xmpp.send(xml("message", head, xml("displayed", { xmlns: MARKERS, id })));
      return [200, {}];
    }
    default:
      return [422, { reason: `this bridge does not know \`${command.type}\`` }];
  }
}

async function answer(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return [413, { reason: "too large" }];
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString("utf8");
  const verify = (secret) => { try { return secret.verify(body, request.headers); } catch { return undefined; } };
  const command = secrets.map(verify).find(Boolean);
  if (command === undefined) return [401, { reason: "not signed as it must be" }];
  if (xmpp.status !== "online") return [503, { reason: "the server is away" }];
  return carryOut(command).catch((error) => [503, { reason: error.message }]);
}

const server = createServer(async (request, response) => {
  const [status, told] = await answer(request).catch(() => [400, {}]);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(told));
});

mkdirSync(SPOOL, { recursive: true, mode: 0o700 });
const [host, port] = (process.env.LISTEN ?? "127.0.0.1:8090").split(":");
server.listen(Number(port), host, () => console.log(`listening at ${host}:${server.address().port}`));
xmpp.on("online", () => console.log("online"));
xmpp.start().catch(() => {}); // it tries again by itself
await postAll();
