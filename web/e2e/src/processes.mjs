/** Child processes that end with the tests, however those end. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Process {
  #child;

  /** `person` is who runs it, by `uid` and `gid`; without it, we do. */
  constructor(name, program, args, folder, person = {}) {
    this.name = name;
    this.log = join(folder, `${name}.${Date.now()}.log`);
    const out = openSync(this.log, "w");
    this.#child = spawn(program, args, { stdio: ["ignore", out, out], cwd: folder, ...person });
    closeSync(out);
    running.add(this.#child);
    this.ended = new Promise((done) => {
      this.#child.once("exit", () => {
        running.delete(this.#child);
        done();
      });
    });
  }

  get isRunning() {
    return running.has(this.#child);
  }

  output() {
    return readFileSync(this.log, "utf8");
  }

  async kill(signal = "SIGKILL") {
    if (this.isRunning) this.#child.kill(signal);
    await this.ended;
  }
}

/** A program that does what a line of JSON tells it, and answers with another. */
export class Peer {
  #child;
  #lines;
  #turn = Promise.resolve();

  /** `env` is said to it besides what it inherits. */
  constructor(name, program, args, env = {}) {
    this.name = name;
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
    running.add(this.#child);
    this.#child.once("exit", () => running.delete(this.#child));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Questions are asked one after the other. */
  ask(question) {
    const answer = this.#turn.then(() => this.#ask(question));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async #ask(question) {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended at ${question.do}`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`${this.name} cannot ${question.do}: ${answer.error}`);
    return answer;
  }

  kill() {
    this.#child.kill("SIGKILL");
  }
}

/** Runs a command to its end and gives what it printed. */
export function run(program, args, folder) {
  const ended = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  if (ended.status !== 0) throw new Error(`${program} ${args.join(" ")} → ${ended.status}:\n${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

/** A port of this machine that nobody listens on. */
export async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Waits until `look` gives something; says what was awaited when it does not. */
export async function eventually(what, look, within = 15_000) {
  const until = Date.now() + within;
  let last;
  while (Date.now() < until) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`not within ${within} ms: ${what}; last: ${String(last?.stack ?? last)}`);
}
