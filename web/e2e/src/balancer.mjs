/** What stands before several gateways in a real house: each connection goes to one that lives. */
import net from "node:net";

export class Balancer {
  #backends;
  #next = 0;
  #server;
  #open = new Set();

  constructor(backends) {
    this.#backends = backends;
    this.#server = net.createServer((client) => this.#serve(client));
  }

  async listen() {
    await new Promise((done) => this.#server.listen(0, "127.0.0.1", done));
    this.port = this.#server.address().port;
    this.origin = `http://127.0.0.1:${this.port}`;
  }

  setBackends(backends) {
    this.#backends = backends;
  }

  /** Connections are given in turn; whoever refuses is passed over. */
  #serve(client, tried = 0) {
    if (tried === 0) this.#remember(client);
    if (tried >= this.#backends.length) {
      client.destroy();
      return;
    }
    const port = this.#backends[this.#next++ % this.#backends.length];
    const gateway = net.connect(port, "127.0.0.1");
    gateway.once("error", () => this.#serve(client, tried + 1));
    gateway.once("connect", () => {
      gateway.removeAllListeners("error");
      this.#remember(gateway);
      client.pipe(gateway);
      gateway.pipe(client);
      // Either end takes the other with it, as a killed gateway takes its sockets.
      gateway.on("close", () => client.destroy());
      client.on("close", () => gateway.destroy());
    });
  }

  #remember(socket) {
    this.#open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#open.delete(socket));
  }

  async close() {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}
