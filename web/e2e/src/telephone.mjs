/** Real telephones (baresip) that answer by themselves and play a tone. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Process, eventually, freePort } from "./processes.mjs";

/** Where systems keep its modules. */
const MODULES = ["/usr/lib/baresip/modules", "/usr/lib64/baresip/modules", "/usr/local/lib/baresip/modules", "/opt/homebrew/lib/baresip/modules"];
const RATE = 8_000;
const HERTZ = 440;

/** Half a minute of a square wave, as a RIFF file with one channel of 16 bits. */
function tone() {
  const samples = Int16Array.from({ length: 30 * RATE }, (_, n) => (Math.floor((n * HERTZ * 2) / RATE) % 2 === 0 ? 8_000 : -8_000));
  const data = Buffer.from(samples.buffer);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  [16, 1 | (1 << 16), RATE, RATE * 2, 2 | (16 << 16)].forEach((value, n) => head.writeUInt32LE(value, 16 + 4 * n));
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

export class Telephone {
  static async start(user) {
    const phone = new Telephone();
    phone.folder = mkdtempSync(join(tmpdir(), "hutong-phone-"));
    mkdirSync(join(phone.folder, "files"));
    phone.port = await freePort();
    const media = (await freePort()) & ~1;
    const file = (name, text) => writeFileSync(join(phone.folder, "files", name), text);
    file("tone.wav", tone());
    file("contacts", "");
    file("accounts", `<sip:${user}@127.0.0.1:${phone.port}>;regint=0;answermode=auto;audio_codecs=PCMA/8000\n`);
    file("config", [
      `module_path ${MODULES.find(existsSync) ?? ""}`, "module g711.so", "module aufile.so", "module aubridge.so",
      "module_tmp account.so", "module_app menu.so", `sip_listen 127.0.0.1:${phone.port}`, "net_interface 127.0.0.1",
      `audio_source aufile,${join(phone.folder, "files/tone.wav")}`, "audio_player aubridge,ear", "audio_alert aubridge,bell",
      `audio_srate ${RATE}`, `rtp_ports ${media}-${media + 1}`, "rtp_stats yes", "call_max_calls 4", "",
    ].join("\n"));
    phone.process = new Process(`baresip-${user}`, "baresip", ["-s", "-f", join(phone.folder, "files")], phone.folder);
    phone.uri = `sip:${user}@127.0.0.1:${phone.port}`;
    await eventually(`the telephone of ${user} is ready`, () => phone.process.output().includes("baresip is ready"));
    return phone;
  }

  /** Does it hear something now? It tells its bits in each direction twice a second: `audio=SENT/HEARD (bit/s)`. */
  hears() {
    const heard = [...this.process.output().matchAll(/audio=\d+\/(\d+) \(bit\/s\)/gu)].at(-1);
    return heard !== undefined && Number(heard[1]) > 0;
  }

  async stop() {
    await this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
