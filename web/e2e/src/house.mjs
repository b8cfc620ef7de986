/** A whole house for browsers: Redis, two gateways on it, a balancer before them, a desk inside. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Balancer } from "./balancer.mjs";
import { desk } from "./desk.mjs";
import { Process, eventually, freePort, run } from "./processes.mjs";

const root = resolve(import.meta.dirname, "../../..");
const web = join(root, "web");

function binary() {
  const path = process.env.HUTONG_BINARY || join(root, "target/debug/hutong");
  if (!existsSync(path)) throw new Error(`${path} is not built: cargo build -p gateway`);
  for (const page of ["desk/dist/index.html", "widget/dist/loader.js", "sample-site/dist/index.html"]) {
    if (!existsSync(join(web, page))) throw new Error(`web/${page} is not built: npm run build`);
  }
  return path;
}

function toml(sections) {
  return Object.entries(sections)
    .map(([section, keys]) => {
      const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
      return section === "" ? lines.join("\n") : `[${section}]\n${lines.join("\n")}`;
    })
    .join("\n\n");
}

export class House {
  passwords = {};
  gateways = [];

  /** `channels` are those that the desk has besides the website, `website` more settings of that, `phones` agents' telephones. */
  static async start(gateways = 2, { channels = [], website = {}, phones = {} } = {}) {
    const house = new House();
    try {
      await house.#open(gateways, channels, website, phones);
    } catch (error) {
      // What half a house left running would keep the test run from ending.
      await house.close();
      throw error;
    }
    return house;
  }

  async #open(gateways, channels, website, phones) {
    this.program = binary();
    this.folder = mkdtempSync(join(tmpdir(), "hutong-web-"));
    mkdirSync(join(this.folder, "redis"));
    await this.startRedis();
    this.ports = [];
    for (let n = 0; n < gateways; n++) this.ports.push(await freePort());
    this.balancer = new Balancer(this.ports);
    await this.balancer.listen();
    this.origin = this.balancer.origin;
    this.ports.forEach((port, n) => this.#writeConfig(n, port));
    const own = desk.channels.map((one) => (one.id === "website" ? { ...one, settings: { ...one.settings, ...website } } : one));
    const agents = desk.agents.map((one) => ({ ...one, phone: phones[one.id] ?? "" }));
    writeFileSync(join(this.folder, "desk.json"), JSON.stringify({ ...desk, agents, channels: [...own, ...channels] }));
    this.run(["apply", join(this.folder, "desk.json")]);
    for (const { id } of desk.agents) {
      this.passwords[id] = this.run(["admin", "set-password", id, "--generate"]).trim().split(/\s+/).pop();
    }
    for (let n = 0; n < gateways; n++) await this.startGateway(n);
  }

  async startRedis() {
    const folder = join(this.folder, "redis");
    const args = [
      "--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always",
      "--maxmemory-policy", "noeviction", "--dir", folder, "--unixsocket", join(folder, "redis.sock"),
    ];
    this.redis = new Process("redis", "redis-server", args, this.folder);
    await eventually("redis listens", () => existsSync(join(folder, "redis.sock")));
  }

  #writeConfig(n, port) {
    const data = join(this.folder, "data");
    mkdirSync(data, { recursive: true });
    const limits = { logins_per_minute: 1000, logins_per_minute_address: 1000, sessions_per_minute: 1000, connects_per_minute: 10_000, conversations_per_minute: 10_000 };
    writeFileSync(this.config(n), toml({
      "": { data_dir: data },
      server: { listen: `127.0.0.1:${port}`, public_url: this.origin },
      redis: { urls: [`redis+unix://${join(this.folder, "redis/redis.sock")}`] },
      web: { root: web, demo: true },
      // The messengers and mail servers of these tests live here.
      doors: { allow_http: true, allow_inner: ["127.0.0.1/32"] },
      mail: { inner_ports: ["1-65535"], listen_ports: ["1-65535"] },
      sip: { inner_ports: ["1-65535"], listen_ports: ["1-65535"] },
      limits,
    }));
  }

  config(n) {
    return join(this.folder, `gateway${n}.toml`);
  }

  run(words) {
    return run(this.program, [...words, "--config", this.config(0)], this.folder);
  }

  async startGateway(n) {
    this.gateways[n] = new Process(`gateway${n}`, this.program, ["serve", "--config", this.config(n)], this.folder);
    await eventually(`gateway ${n} is ready`, async () => {
      if (!this.gateways[n].isRunning) throw new Error(this.gateways[n].output());
      return (await fetch(`http://127.0.0.1:${this.ports[n]}/readyz`)).ok;
    });
  }

  async killGateway(n) {
    await this.gateways[n].kill("SIGKILL");
  }

  /** A token of an agent, for looking at what browsers cannot see. */
  async token(agent) {
    const body = JSON.stringify({ agent, password: this.passwords[agent] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.origin}/v1/auth/login`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`${agent} cannot sign in: ${await answer.text()}`);
    return (await answer.json()).access_token;
  }

  async get(path, agent = "root") {
    const headers = { authorization: `Bearer ${await this.token(agent)}` };
    const answer = await fetch(`${this.origin}${path}`, { headers });
    if (!answer.ok) throw new Error(`${path} → ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Ends whatever is held or waits. */
  async closesAll() {
    const headers = { authorization: `Bearer ${await this.token("root")}`, "content-type": "application/json" };
    const held = await Promise.all(desk.agents.map(({ id }) => this.get(`/v1/agents/${id}/conversations`)));
    const waiting = await Promise.all(desk.queues.map(({ id }) => this.get(`/v1/queues/${id}/waiting`)));
    for (const { id } of [...held, ...waiting].flat()) {
      await fetch(`${this.origin}/v1/conversations/${id}/close`, { method: "POST", headers, body: "{}" });
    }
  }

  async close() {
    await this.balancer?.close();
    for (const gateway of this.gateways) await gateway.kill();
    await this.redis?.kill();
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }
}
