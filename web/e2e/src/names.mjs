/** A name server that knows a few texts and nothing else, over UDP (RFC 1035). */
import dgram from "node:dgram";

const TXT = 16;
const NO_SUCH_NAME = 3;

export class NameServer {
  #socket = dgram.createSocket("udp4");
  #texts;

  /** `texts` are the TXT records by name. */
  static async start(texts) {
    const server = new NameServer();
    server.#texts = texts;
    server.#socket.on("message", (question, { port, address }) => server.#socket.send(server.#answer(question), port, address));
    await new Promise((done) => server.#socket.bind(0, "127.0.0.1", done));
    server.address = `127.0.0.1:${server.#socket.address().port}`;
    return server;
  }

  #answer(question) {
    const labels = [];
    let at = 12;
    while (question[at] > 0) {
      labels.push(question.toString("latin1", at + 1, at + 1 + question[at]).toLowerCase());
      at += 1 + question[at];
    }
    const known = this.#texts[labels.join(".")];
    const text = question.readUInt16BE(at + 1) === TXT ? known : undefined;
    const head = [0x81, 0x80 | (known === undefined ? NO_SUCH_NAME : 0), 0, 1, 0, text === undefined ? 0 : 1, 0, 0, 0, 0];
    const parts = [question.subarray(0, 2), Buffer.from(head), question.subarray(12, at + 5)];
    if (text !== undefined) {
      // The name that was asked for, TXT, IN, ten seconds.
      const data = Buffer.concat([Buffer.from([text.length]), Buffer.from(text, "latin1")]);
      parts.push(Buffer.from([0xc0, 12, 0, TXT, 0, 1, 0, 0, 0, 10, 0, data.length]), data);
    }
    return Buffer.concat(parts);
  }

  async close() {
    await new Promise((done) => this.#socket.close(done));
  }
}
