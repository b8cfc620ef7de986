/** Child processes that end with the tests, however those end. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";

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
