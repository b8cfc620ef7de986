/** Somebody's own telephony, which takes every call and tells nothing of it; and what sends codes to numbers. */
import { createServer } from "node:http";
import { eventually } from "./processes.mjs";

const SECRET = `whsec_${Buffer.from("CANARY-secret-of-both-ways------").toString("base64")}`;

export class PhoneBridge {
  /** What the desk wanted of it, in order. */
  heard = [];

  static async start() {
    const bridge = new PhoneBridge();
    bridge.server = createServer(async (request, response) => {
      const parts = await request.toArray();
      bridge.heard.push(JSON.parse(Buffer.concat(parts).toString("utf8")));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    await new Promise((done) => bridge.server.listen(0, "127.0.0.1", done));
    bridge.url = `http://127.0.0.1:${bridge.server.address().port}/`;
    return bridge;
  }

  /** A channel of a desk that calls people by it, for a queue, and proves their numbers. */
  channel(queue) {
    return {
      id: "hotline", name: { "zh-CN": "热线", en: "Hotline" }, kind: "phone", adapter: "phone_bridge", audience: "public",
      topics: [{ id: queue, name: { "zh-CN": "咨询", en: "Questions" }, queue }],
      settings: { url: this.url, secret: SECRET, callback: { per_number_per_day: 50, verify: { url: this.url, secret: SECRET } } },
    };
  }

  /** The last code that went to a number. */
  code(number) {
    return eventually(`a code goes to ${number}`, () => this.heard.findLast((each) => each.type === "code.send" && each.number === number)?.code);
  }

  async close() {
    await new Promise((done) => this.server.close(done));
  }
}
