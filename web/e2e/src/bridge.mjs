/** Somebody's own messenger, connected by a bridge as `docs/channels/im/bridge.md` describes it. */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { eventually } from "./processes.mjs";

const SECRET = Buffer.from("CANARY-secret-of-both-ways------");

export class Bridge {
  /** What the desk sent, in order. */
  heard = [];
  #count = 0;

  static async start() {
    const bridge = new Bridge();
    bridge.server = createServer(async (request, response) => {
      const parts = await request.toArray();
      bridge.heard.push(JSON.parse(Buffer.concat(parts).toString("utf8")));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    await new Promise((done) => bridge.server.listen(0, "127.0.0.1", done));
    return bridge;
  }

  /** A channel of a desk, whose conversations go to a queue. */
  channel(queue) {
    return {
      id: "office", name: { "zh-CN": "办公助手", en: "Office messenger" }, kind: "im", adapter: "bridge", audience: "staff",
      topics: [{ id: queue, name: { "zh-CN": "咨询", en: "Questions" }, queue, request_type: "consultation" }],
      settings: { url: `http://127.0.0.1:${this.server.address().port}/`, secret: `whsec_${SECRET.toString("base64")}` },
    };
  }

  /** Somebody says something in the messenger. */
  async says(origin, sender, text) {
    const id = `m${++this.#count}`;
    const body = JSON.stringify({ type: "message", id, conversation: sender.id, sender, text });
    const secs = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", SECRET).update(`${id}.${secs}.${body}`).digest("base64");
    const headers = { "webhook-id": id, "webhook-timestamp": secs, "webhook-signature": `v1,${signature}` };
    const answer = await fetch(`${origin}/v1/callbacks/office/events`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`the desk does not take it: ${answer.status} ${await answer.text()}`);
  }

  hears(text) {
    return eventually(`the messenger carries "${text}"`, () => this.heard.find((command) => command.text === text));
  }

  async close() {
    await new Promise((done) => this.server.close(done));
  }
}
