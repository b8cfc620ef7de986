/**
 * The mail of a desk and of those who write to it: a mailbox server (Dovecot) and a mail server (Exim) that takes
 * letters by SMTP and hands them on by LMTP, and a name server that knows the policy of one domain.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readLetter } from "./letters.mjs";
import { NameServer } from "./names.mjs";
import { Process, eventually, freePort } from "./processes.mjs";

/** The desk's mailbox and address. */
export const DESK = "help@city.example";
/** Letters of this domain are proved to come from there. */
export const PROVED = "agency.example";

const PASSWORD = "CANARY-mailbox-password";
const SERVER = "mx.city.example";
const PATIENCE_MS = 10_000;

/** Systems keep servers out of the search path of users. */
function program(names) {
  const folders = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/usr/bin"];
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (!found) throw new Error(`no ${names[0]} on this machine: install it`);
  return found;
}

/** Who runs the servers: we, or `nobody` where we are root, whom Dovecot gives no mail. */
function unprivileged() {
  const own = String(process.getuid());
  const rows = (file) => readFileSync(file, "utf8").split("\n").map((line) => line.split(":"));
  const [user, , uid, gid] = rows("/etc/passwd").find(([name, , id]) => (own === "0" ? name === "nobody" : id === own));
  const [group] = rows("/etc/group").find(([, , id]) => id === gid);
  return { user, group, ids: own === "0" ? { uid: Number(uid), gid: Number(gid) } : {} };
}

/** Speaks with a mail server line by line: each step is a command and how its answer must begin. */
async function speak(port, steps) {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  try {
    for (const [command, wanted] of steps) {
      if (command !== null) socket.write(command, "latin1");
      let line;
      do {
        line = await lines.next();
        if (line.done) throw new Error("the mail server hung up");
      } while (line.value[3] === "-");
      if (!line.value.startsWith(wanted)) throw new Error(`the mail server says ${line.value}`);
    }
  } finally {
    socket.destroy();
  }
}

export class Mail {
  #servers = [];
  #person = unprivileged();

  static async start() {
    const mail = new Mail();
    mail.folder = mkdtempSync(join(tmpdir(), "hutong-mail-"));
    chmodSync(mail.folder, 0o755);
    mail.names = await NameServer.start({ [`_dmarc.${PROVED}`]: "v=DMARC1; p=reject" });
    mail.imap = await freePort();
    mail.lmtp = await freePort();
    mail.smtp = await freePort();
    const mailbox = mail.#run("dovecot", program(["dovecot"]), mail.#dovecot(), ["-F", "-c"], []);
    // In the foreground, and a look into the queue each second.
    const mta = mail.#run("exim", program(["exim4", "exim"]), mail.#exim(), ["-C"], ["-bdf", "-q1s"]);
    await mail.#listens(mailbox, mail.imap, "* OK");
    await mail.#listens(mailbox, mail.lmtp, "220");
    await mail.#listens(mta, mail.smtp, "220");
    return mail;
  }

  #run(name, path, config, before, after) {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    const { ids } = this.#person;
    if (ids.uid !== undefined) chownSync(folder, ids.uid, ids.gid);
    const file = join(folder, `${name}.conf`);
    writeFileSync(file, config);
    const server = new Process(name, path, [...before, file, ...after], folder, ids);
    this.#servers.push(server);
    return server;
  }

  async #listens(server, port, greeting) {
    await eventually(`${server.name} greets`, async () => {
      if (!server.isRunning) throw new Error(server.output());
      await speak(port, [[null, greeting]]);
      return true;
    });
  }

  #dovecot() {
    const { user, group } = this.#person;
    const folder = join(this.folder, "dovecot");
    return `base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = /dev/stderr
info_log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
default_login_user = ${user}
default_internal_user = ${user}
default_internal_group = ${group}
mail_location = maildir:~/Maildir
mail_fsync = always
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${folder}/mail/%u allow_all_users=yes
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${this.imap}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service lmtp {
  inet_listener lmtp {
    port = ${this.lmtp}
  }
}
`;
  }

  /** It says of every letter that its host may send for the sender's domain, as the server of a desk does. */
  #exim() {
    const { user, group } = this.#person;
    const folder = join(this.folder, "exim");
    return `primary_hostname = ${SERVER}
exim_user = ${user}
exim_group = ${group}
spool_directory = ${folder}/spool
log_file_path = ${folder}/%slog
pid_file_path = ${folder}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${this.smtp}
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
keep_environment =
deliver_drop_privilege = true
never_users =
trusted_users = ${user}
acl_smtp_rcpt = anybody
acl_smtp_data = judged
begin acl
anybody:
  accept
judged:
  accept
    add_header = :at_start:Authentication-Results: ${SERVER}; spf=pass smtp.mailfrom=$sender_address
begin routers
onward:
  driver = accept
  transport = onward
begin transports
onward:
  driver = smtp
  protocol = lmtp
  hosts = 127.0.0.1
  port = ${this.lmtp}
  hosts_override
  allow_localhost
begin retry
* * F,1h,1s
`;
  }

  /** A mail channel of a desk, whose letters go to a queue. */
  channel(queue) {
    const server = (port) => ({ host: "127.0.0.1", port, security: "plain" });
    return {
      id: "mail",
      name: { "zh-CN": "机关来信", en: "Letters of agencies" },
      kind: "email",
      adapter: "email",
      audience: "agency",
      topics: [{ id: queue, name: { "zh-CN": "来信", en: "Letters" }, queue, request_type: "consultation" }],
      settings: {
        address: DESK,
        name: { "zh-CN": "市政务服务", en: "City services" },
        imap: { ...server(this.imap), user: DESK, password: PASSWORD, start: "all", poll_secs: 5 },
        smtp: server(this.smtp),
        plus_addresses: true,
        authserv_ids: [SERVER],
        dns: [this.names.address],
      },
    };
  }

  /** Somebody writes to somebody through the mail server; reports come from nobody. */
  async writes(from, to, letter) {
    const stuffed = letter.replace(/^\./gmu, "..");
    await speak(this.smtp, [
      [null, "220"],
      ["EHLO tests.example\r\n", "250"],
      [`MAIL FROM:<${from}>\r\n`, "250"],
      [`RCPT TO:<${to}>\r\n`, "250"],
      ["DATA\r\n", "354"],
      [`${stuffed}\r\n.\r\n`, "250"],
    ]);
  }

  /** The letters that reached a person, those of programs apart. */
  letters(person) {
    return this.#all(person).filter((letter) => !letter.isAutomatic);
  }

  /** The letters of programs that reached a person. */
  automatic(person) {
    return this.#all(person).filter((letter) => letter.isAutomatic);
  }

  #all(person) {
    const maildir = join(this.folder, "dovecot/mail", person, "Maildir");
    const files = ["new", "cur"].map((part) => join(maildir, part)).filter((part) => existsSync(part))
      .flatMap((part) => readdirSync(part).map((name) => join(part, name)));
    return files.map((file) => readLetter(readFileSync(file)));
  }

  /** Waits for the letter with this text. */
  async reaches(person, text) {
    return eventually(`${person} gets "${text}"`, () => this.letters(person).find((letter) => letter.text === text));
  }

  async close() {
    // They end their children themselves.
    for (const server of this.#servers) await server.kill("SIGTERM");
    await this.names.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
