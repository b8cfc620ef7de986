/** A push service that others wrote (web-push-testing): it takes what is pushed, checks whose it is, and decrypts it. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Peer } from "./processes.mjs";

const root = resolve(import.meta.dirname, "../../..");

/** Where the packages of the tests' peers are, as in tests/harness/peers.rs. */
function packages() {
  const path = join(process.env.HUTONG_PEERS || join(root, "target/peers"), "push/node_modules");
  if (!existsSync(path)) throw new Error("run `cargo xtask test`, which installs the peers");
  return path;
}

export class PushService {
  #peer = new Peer("web-push-testing", process.execPath, [join(root, "tests/peers/push/browser.cjs")], { NODE_PATH: packages() });

  /** Gives a browser a subscription for a public key, base64url. */
  async subscribe(key) {
    const { endpoint, keys, clientHash } = await this.#peer.ask({ do: "subscribe", key });
    // Numbers, not names, stand in the list of the addresses that the house may reach.
    return new Subscription(this.#peer, clientHash, { endpoint: endpoint.replace("localhost", "127.0.0.1"), keys });
  }

  close() {
    this.#peer.kill();
  }
}

class Subscription {
  #peer;
  #name;

  /** `json` is what a browser tells a page of it. */
  constructor(peer, name, json) {
    this.#peer = peer;
    this.#name = name;
    this.json = json;
  }

  /** What was pushed so far, decrypted, in order. */
  async payloads() {
    const { messages } = await this.#peer.ask({ do: "read", clientHash: this.#name });
    return messages.map((text) => JSON.parse(text));
  }

  /** From now on the service says that it is gone: 410. */
  async expires() {
    await this.#peer.ask({ do: "expire", clientHash: this.#name });
  }
}
