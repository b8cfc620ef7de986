// A phone bridge whose telephones answer by themselves, so that callbacks can be tried without any. It is
// also where a bridge of your own can start: replace `ring` by the calls of your telephony.
//
//   node bridge.mjs --desk http://127.0.0.1:8080/v1/callbacks/hotline [--port 0] [--secret whsec_…]
//
// The first line that it writes is JSON: the address and the secret for the channel's settings. A number that ends
// with 1 is busy, one that ends with 2 is not answered, all others are; whoever answered hangs up after two minutes.
// What is posted and answered: ../phone-bridge.md.

import { createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values: given } = parseArgs({
  options: {
    desk: { type: "string" },
    port: { type: "string", default: "0" },
    secret: { type: "string", default: `whsec_${randomBytes(32).toString("base64")}` },
  },
});
if (!given.desk) {
  console.error("Name the channel's callback address: --desk http://…/v1/callbacks/CHANNEL");
  process.exit(2);
}

const KEY = Buffer.from(given.secret.replace(/^whsec_/, ""), "base64");
/** How long telephones ring before they are answered, and how long people speak, in milliseconds. */
const RINGS_MS = { agent: 2_000, contact: 4_000 };
const SPEAKS_MS = 120_000;
/** How far a clock may be from ours, in milliseconds. */
const TOLERANCE_MS = 300_000;
/** The largest order that is read, in bytes. */
const BODY_BYTES_MAX = 65_536;
/** For so long it is remembered how a call ended, in milliseconds. */
const REMEMBERED_MS = 600_000;

/** Every call: how far it is, how it ended, and what ends it. */
const calls = new Map();

const signature = (id, time, body) => createHmac("sha256", KEY).update(`${id}.${time}.${body}`).digest();

function isSigned(headers, body) {
  const [id, time] = [headers["webhook-id"], headers["webhook-timestamp"]];
  const isOfNow = Math.abs(Number(time) * 1_000 - Date.now()) <= TOLERANCE_MS;
  const ours = signature(id, time, body);
  const signatures = String(headers["webhook-signature"]).split(" ").filter((one) => one.startsWith("v1,"));
  const fits = (one) => {
    const theirs = Buffer.from(one.slice(3), "base64");
    return theirs.length === ours.length && timingSafeEqual(theirs, ours);
  };
  return isOfNow && signatures.some(fits);
}

/** Posts an event until the desk has it. False when the desk wants both telephones let go. */
async function tell(event) {
  const [id, body] = [randomUUID(), JSON.stringify(event)];
  for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
    const time = String(Math.floor(Date.now() / 1_000));
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": time,
      "webhook-signature": `v1,${signature(id, time, body).toString("base64")}`,
    };
    const answer = await fetch(`${given.desk}/events`, { method: "POST", headers, body }).catch(() => undefined);
    const isAway = answer === undefined || answer.status === 429 || answer.status >= 500;
    if (!isAway) {
      return answer.status !== 410;
    }
    await pause(wait);
  }
}

/** One call, from the first ring to its end. */
async function ring(order) {
  const { id } = order;
  const over = new AbortController();
  const call = { stage: "dialing", over, outcome: undefined };
  calls.set(id, call);
  const step = async (stage, event) => {
    call.stage = stage;
    if (!(await tell({ ...event, id }))) over.abort();
    over.signal.throwIfAborted();
  };
  const rings = (ms) => pause(ms, undefined, { signal: over.signal });
  let end = { outcome: "completed", by: "contact" };
  try {
    await step("agent_ringing", { type: "call.ringing", leg: "agent" });
    await rings(RINGS_MS.agent);
    await step("agent_answered", { type: "call.answered", leg: "agent" });
    if (order.contact.endsWith("1")) {
      end = { outcome: "busy", cause: "486 Busy Here" };
    } else {
      await step("contact_ringing", { type: "call.ringing", leg: "contact" });
      if (order.contact.endsWith("2")) {
        await rings(order.ring_contact_secs * 1_000);
        end = { outcome: "no_answer", cause: "480 Temporarily Unavailable" };
      } else {
        await rings(RINGS_MS.contact);
        await step("contact_ringing", { type: "call.answered", leg: "contact" });
        await step("connected", { type: "call.connected" });
        await rings(SPEAKS_MS);
      }
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    const spoke = call.stage === "connected" || call.stage === "held";
    end = spoke ? { outcome: "completed", by: "agent" } : { outcome: "cancelled" };
  }
  Object.assign(call, { stage: "ended", outcome: end.outcome });
  await tell({ type: "call.ended", id, ...end });
  await pause(REMEMBERED_MS, undefined, { ref: false });
  calls.delete(id);
}

/** Does what an order says; gives the status and the body of the answer. */
async function obey(order) {
  const call = calls.get(order.id);
  if (order.type === "check") {
    await tell({ type: "check", id: order.id });
    return [200, {}];
  }
  if (order.type === "call.place") {
    if (call) return [409, {}];
    void ring(order);
    return [202, {}];
  }
  if (!call) return [404, {}];
  switch (order.type) {
    case "call.look_up":
      return [200, { stage: call.stage, outcome: call.outcome }];
    case "call.hang_up":
      call.over.abort();
      return [200, {}];
    case "call.hold":
    case "call.resume": {
      const holds = order.type === "call.hold";
      call.stage = holds ? "held" : "connected";
      void tell({ type: holds ? "call.held" : "call.resumed", id: order.id });
      return [200, {}];
    }
    default:
      return [422, {}];
  }
}

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  let body = "";
  for await (const part of request.setEncoding("utf8")) {
    body += part;
    if (body.length > BODY_BYTES_MAX) return answer(413, {});
  }
  if (!isSigned(request.headers, body)) return answer(401, {});
  answer(...(await obey(JSON.parse(body))));
});
server.listen(Number(given.port), "127.0.0.1");
await once(server, "listening");
console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/`, secret: given.secret }));
