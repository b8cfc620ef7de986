/** A real Matrix homeserver (Synapse) with people on it, and the desk as its application service. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Peer, Process, eventually, freePort } from "./processes.mjs";

const SERVER_NAME = "city.example";
const DESK = `@desk:${SERVER_NAME}`;
const PASSWORD = "correct-horse-battery";
const TOKENS = { as_token: "as-token-of-the-browser-tests", hs_token: "hs-token-of-the-browser-tests" };
/** It makes its tables first. */
const STARTS_WITHIN = 90_000;

/** Where the tests' peers in Python are, as in tests/harness/peers.rs. */
function python() {
  const path = join(process.env.HUTONG_PEERS || resolve(import.meta.dirname, "../../../target/peers"), "bin/python");
  if (!existsSync(path)) throw new Error("run `cargo xtask test`, which installs the peers");
  return path;
}

export class Synapse {
  clients = [];

  static async take() {
    const synapse = new Synapse();
    synapse.folder = mkdtempSync(join(tmpdir(), "hutong-matrix-"));
    synapse.port = await freePort();
    synapse.url = `http://127.0.0.1:${synapse.port}`;
    return synapse;
  }

  /** A Matrix channel of a desk, whose conversations go to a queue. */
  channel(queue) {
    return {
      id: "chat",
      name: { "zh-CN": "机关内网聊天", en: "Intranet chat" },
      kind: "im",
      adapter: "matrix",
      audience: "agency",
      topics: [{ id: queue, name: { "zh-CN": "咨询", en: "Questions" }, queue, request_type: "consultation" }],
      settings: { homeserver: this.url, server_name: SERVER_NAME, display_name: "市政务服务", ...TOKENS },
    };
  }

  /** Starts it; `callback` is the channel's address, where it tells what happens in the desk's rooms. */
  async start(callback) {
    const registration = {
      id: "hutong-chat", url: callback, ...TOKENS, sender_localpart: "desk", rate_limited: false, receive_ephemeral: true,
      "de.sorunome.msc2409.push_ephemeral": true,
      namespaces: { users: [{ exclusive: true, regex: `^@desk:${SERVER_NAME}$` }], aliases: [], rooms: [] },
    };
    const often = { per_second: 10_000, burst_count: 10_000 };
    const file = (name) => join(this.folder, name);
    mkdirSync(file("media"));
    // JSON is YAML.
    writeFileSync(file("desk.yaml"), JSON.stringify(registration));
    writeFileSync(file("signing.key"), "ed25519 a_test AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA\n");
    writeFileSync(file("homeserver.yaml"), JSON.stringify({
      server_name: SERVER_NAME, report_stats: false, suppress_key_server_warning: true, trusted_key_servers: [],
      listeners: [{ port: this.port, type: "http", bind_addresses: ["127.0.0.1"], resources: [{ names: ["client"] }] }],
      database: { name: "sqlite3", args: { database: file("home.db") } },
      media_store_path: file("media"), signing_key_path: file("signing.key"),
      macaroon_secret_key: "of-this-test", form_secret: "of-this-test", registration_shared_secret: "of-this-test",
      enable_registration: true, enable_registration_without_verification: true, bcrypt_rounds: 4, presence: { enabled: false },
      app_service_config_files: [file("desk.yaml")],
      rc_message: often, rc_registration: often, rc_login: { address: often, account: often, failed_attempts: often },
      rc_joins: { local: often, remote: often }, rc_joins_per_room: often,
      rc_invites: { per_room: often, per_user: often, per_issuer: often }, rc_room_creation: often, rc_media_create: often,
    }));
    this.process = new Process("synapse", python(), ["-m", "synapse.app.homeserver", "--config-path", file("homeserver.yaml")], this.folder);
    await eventually("synapse answers", async () => {
      if (!this.process.isRunning) throw new Error(this.process.output());
      return (await fetch(`${this.url}/_matrix/client/versions`)).ok;
    }, STARTS_WITHIN);
  }

  /** Somebody with a client that others wrote (matrix-nio), in a room with the desk. */
  async person(name, shownName) {
    const id = `@${name}:${SERVER_NAME}`;
    const { access_token } = await this.#call("POST", "/v3/register", { username: name, password: PASSWORD, auth: { type: "m.login.dummy" } });
    await this.#call("PUT", `/v3/profile/${encodeURIComponent(id)}/displayname`, { displayname: shownName }, access_token);
    const client = new Peer(name, python(), [resolve(import.meta.dirname, "../../../tests/peers/matrix/user.py")]);
    this.clients.push(client);
    await client.ask({ do: "login", homeserver: this.url, user: name, password: PASSWORD });
    const { room } = await client.ask({ do: "create_room", invite: [DESK] });
    await client.ask({ do: "joined", room, user: DESK });
    return new Person(client, room);
  }

  async #call(method, path, body, token) {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(`${this.url}/_matrix/client${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path} → ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async close() {
    for (const client of this.clients) client.kill();
    await this.process?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

class Person {
  #client;
  #room;

  constructor(client, room) {
    this.#client = client;
    this.#room = room;
  }

  #ask(what, more) {
    return this.#client.ask({ do: what, room: this.#room, ...more });
  }

  /** Puts an event into the room; gives its id. */
  async #put(type, content) {
    return (await this.#ask("send", { type, content })).event;
  }

  says(text) {
    return this.#put("m.room.message", { msgtype: "m.text", body: text });
  }

  changes(event, text) {
    const content = { msgtype: "m.text", body: text };
    return this.#put("m.room.message", { ...content, body: `* ${text}`, "m.new_content": content, "m.relates_to": { rel_type: "m.replace", event_id: event } });
  }

  takesBack(event) {
    return this.#ask("redact", { event });
  }

  reacts(event, key) {
    return this.#put("m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: event, key } });
  }

  sendsPicture(name, bytes) {
    return this.#ask("send_file", { name, media_type: "image/png", msgtype: "m.image", data: bytes.toString("base64") });
  }

  /** Waits until the desk is seen typing in the room. */
  seesTyping() {
    return this.#ask("sees_typing", { user: DESK });
  }

  /** Waits until the desk is seen to have read an event. */
  seesRead(event) {
    return this.#client.ask({ do: "sees_receipt", event, user: DESK });
  }

  /** What the desk said in the room, in order: text or the name of a file, and the event's id. */
  async heard() {
    const { events } = await this.#ask("hears", { sender: DESK, count: 0 });
    return events.map(({ event_id, content }) => ({ id: event_id, kind: content.msgtype, text: content.body }));
  }

  async hears(text) {
    return eventually(`somebody at the messenger hears "${text}"`, async () => (await this.heard()).find((one) => one.text === text));
  }
}
