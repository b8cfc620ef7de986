/** A real Matrix homeserver (Synapse) with people on it, and the desk as its application service. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Process, eventually, freePort } from "./processes.mjs";

const SERVER_NAME = "city.example";
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

  /** Somebody with a client of their own, in a room with the desk. */
  async person(name, shownName) {
    const person = new Person(this.url);
    const { access_token } = await person.call("POST", "/v3/register", { username: name, password: PASSWORD, auth: { type: "m.login.dummy" } });
    person.token = access_token;
    person.id = `@${name}:${SERVER_NAME}`;
    await person.call("PUT", `/v3/profile/${encodeURIComponent(person.id)}/displayname`, { displayname: shownName });
    const desk = `@desk:${SERVER_NAME}`;
    person.room = (await person.call("POST", "/v3/createRoom", { invite: [desk], is_direct: true, preset: "trusted_private_chat" })).room_id;
    await eventually("the desk joins the room", async () => {
      const { joined } = await person.call("GET", `/v3/rooms/${encodeURIComponent(person.room)}/joined_members`);
      return joined[desk] !== undefined;
    });
    return person;
  }

  async close() {
    await this.process?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

class Person {
  #turn = 0;
  #asked = 0;

  constructor(url) {
    this.url = `${url}/_matrix/client`;
  }

  async call(method, path, body) {
    const headers = { ...(this.token ? { authorization: `Bearer ${this.token}` } : {}), ...(body ? { "content-type": "application/json" } : {}) };
    const answer = await fetch(this.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!answer.ok) throw new Error(`${method} ${path} → ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Puts an event into the room; gives its id. */
  async #put(type, content) {
    this.#turn += 1;
    const path = `/v3/rooms/${encodeURIComponent(this.room)}/send/${type}/t${this.#turn}`;
    return (await this.call("PUT", path, content)).event_id;
  }

  says(text) {
    return this.#put("m.room.message", { msgtype: "m.text", body: text });
  }

  changes(event, text) {
    const content = { msgtype: "m.text", body: text };
    return this.#put("m.room.message", { ...content, body: `* ${text}`, "m.new_content": content, "m.relates_to": { rel_type: "m.replace", event_id: event } });
  }

  async takesBack(event) {
    this.#turn += 1;
    await this.call("PUT", `/v3/rooms/${encodeURIComponent(this.room)}/redact/${encodeURIComponent(event)}/t${this.#turn}`, {});
  }

  reacts(event, key) {
    return this.#put("m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: event, key } });
  }

  async sendsPicture(name, bytes) {
    const url = `${this.url.replace("/client", "/media")}/v3/upload?filename=${encodeURIComponent(name)}`;
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "image/png" };
    const { content_uri } = await (await fetch(url, { method: "POST", headers, body: bytes })).json();
    return this.#put("m.room.message", { msgtype: "m.image", body: name, url: content_uri, info: { mimetype: "image/png", size: bytes.length } });
  }

  async reads(event) {
    await this.call("POST", `/v3/rooms/${encodeURIComponent(this.room)}/receipt/m.read/${encodeURIComponent(event)}`, {});
  }

  /** What passes in the room just now: who types, and who has read which event. */
  async passing() {
    // Synapse keeps its answer to the same question for two minutes.
    this.#asked += 1;
    const filter = JSON.stringify({ room: { rooms: [this.room], timeline: { limit: this.#asked } }, presence: { types: [] } });
    const { rooms } = await this.call("GET", `/v3/sync?timeout=0&filter=${encodeURIComponent(filter)}`);
    const events = rooms?.join?.[this.room]?.ephemeral?.events ?? [];
    const of = (type) => events.find((event) => event.type === type)?.content ?? {};
    const readers = Object.entries(of("m.receipt")).map(([event, marks]) => [event, Object.keys(marks["m.read"] ?? {})]);
    return { typing: of("m.typing").user_ids ?? [], readers: Object.fromEntries(readers) };
  }

  /** What the desk said in the room, in order: text or the name of a file, and the event's id. */
  async heard() {
    const { chunk } = await this.call("GET", `/v3/rooms/${encodeURIComponent(this.room)}/messages?dir=b&limit=100`);
    return chunk.filter(({ type, sender }) => type === "m.room.message" && sender !== this.id)
      .map(({ event_id, content }) => ({ id: event_id, kind: content.msgtype, text: content.body })).reverse();
  }

  async hears(text) {
    return eventually(`somebody at the messenger hears "${text}"`, async () => (await this.heard()).find((one) => one.text === text));
  }
}
