/** Letters as mail programs write them, and reading those that the desk wrote. */

/** What is written with two bytes in GB18030; Node only reads it. */
const twoBytes = new Map();

function fillTwoBytes() {
  const decoder = new TextDecoder("gb18030");
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const text = trail === 0x7f ? "" : decoder.decode(Uint8Array.of(lead, trail));
      if ([...text].length === 1 && text !== "\ufffd") twoBytes.set(text, [lead, trail]);
    }
  }
}

/** The four bytes of a character beyond the first plane, which go by counting. */
function fourBytes(code) {
  const n = code - 0x10000;
  return [0x90 + Math.floor(n / 12_600), 0x30 + (Math.floor(n / 1260) % 10), 0x81 + (Math.floor(n / 10) % 126), 0x30 + (n % 10)];
}

function gb18030(text) {
  if (twoBytes.size === 0) fillTwoBytes();
  const bytes = [...text].flatMap((one) => {
    const code = one.codePointAt(0);
    if (code < 0x80) return [code];
    const found = code > 0xffff ? fourBytes(code) : twoBytes.get(one);
    if (!found) throw new Error(`${one} is not among what this writes in GB18030`);
    return found;
  });
  return Buffer.from(bytes);
}

const inBase64 = (bytes) => bytes.toString("base64").replace(/.{76}/gu, "$&\r\n");
const word = (text) => (/^[\x20-\x7e]*$/u.test(text) ? text : `=?GB18030?B?${gb18030(text).toString("base64")}?=`);
const person = ({ name, address }) => (name ? `${word(name)} <${address}>` : address);
const people = (list) => list.map(person).join(", ");
const part = (type, bytes, more = []) => [`Content-Type: ${type}`, ...more, "Content-Transfer-Encoding: base64", "", inBase64(bytes)].join("\r\n");

function multipart(kind, boundary, parts) {
  const body = parts.map((one) => `--${boundary}\r\n${one}\r\n`).join("");
  return `Content-Type: multipart/${kind}; boundary="${boundary}"\r\n\r\n${body}--${boundary}--`;
}

/**
 * A letter as the mail programs of Chinese offices write it: everything in GB18030, also the subject and the
 * names of files; plain text, HTML and files. `ids` are those that it answers, the answered one last.
 */
export function writeLetter({ id, from, to, cc = [], subject, ids = [], text, html, files = [] }) {
  const fields = [
    `Message-ID: <${id}>`, "Date: Thu, 26 Nov 2026 10:00:00 +0800", `From: ${person(from)}`, `To: ${people(to)}`,
    ...(cc.length > 0 ? [`Cc: ${people(cc)}`] : []),
    ...(ids.length > 0 ? [`In-Reply-To: <${ids.at(-1)}>`, `References: ${ids.map((one) => `<${one}>`).join(" ")}`] : []),
    `Subject: ${word(subject)}`, "MIME-Version: 1.0",
  ];
  const plain = part("text/plain; charset=GB18030", gb18030(text));
  const words = html ? multipart("alternative", "----words", [plain, part("text/html; charset=GB18030", gb18030(html))]) : plain;
  const attached = files.map(({ name, type, bytes }) =>
    part(`${type}; name="${word(name)}"`, bytes, [`Content-Disposition: attachment; filename="${word(name)}"`]));
  const body = files.length > 0 ? multipart("mixed", "----files", [words, ...attached]) : words;
  return `${fields.join("\r\n")}\r\n${body}\r\n`;
}

/** What a mail server writes to the sender of a letter that it could not deliver (RFC 3464). */
export function writeReport({ id, to, recipient, why, about }) {
  return [
    `Message-ID: <${id}>`, "From: Mail Delivery System <mailer-daemon@mx.agency.example>", `To: ${to}`,
    "Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "",
    "--b", "Content-Type: text/plain", "", "It could not be delivered.",
    "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.agency.example", "",
    `Final-Recipient: rfc822; ${recipient}`, "Action: failed", "Status: 5.1.1", `Diagnostic-Code: smtp; ${why}`, "",
    "--b", "Content-Type: text/rfc822-headers", "", `Message-ID: <${about}>`, "Subject: Re: x", "", "--b--", "",
  ].join("\r\n");
}

function readWords(value) {
  return value.replace(/\?=\s+=\?/gu, "?==?").replace(/=\?utf-8\?([bq])\?([^?]*)\?=/giu, (_, kind, text) =>
    (kind.toLowerCase() === "b" ? Buffer.from(text, "base64") : quotedPrintable(text.replaceAll("_", " "))).toString("utf8"));
}

function quotedPrintable(text) {
  const bytes = text.replace(/=\r?\n/gu, "").replace(/=([0-9A-F]{2})/giu, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1");
}

function readPart(text) {
  const [, head, body] = /^(.*?)\r?\n\r?\n(.*)$/su.exec(text) ?? [null, text, ""];
  const lines = head.replace(/\r?\n[ \t]+/gu, " ").split(/\r?\n/u);
  const field = (name) => {
    const found = lines.find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    return found === undefined ? "" : found.slice(name.length + 1).trim();
  };
  const boundary = /boundary="?([^";]+)/iu.exec(field("Content-Type"))?.[1];
  const parts = boundary === undefined ? [] : body.split(`--${boundary}`).slice(1, -1).map((each) => readPart(each.replace(/^\r?\n/u, "")));
  const encoding = field("Content-Transfer-Encoding").toLowerCase();
  const bytes = encoding === "base64" ? Buffer.from(body, "base64")
    : encoding === "quoted-printable" ? quotedPrintable(body) : Buffer.from(body, "latin1");
  return { field, parts, bytes };
}

/** A letter of the desk, as far as tests look at it. */
export function readLetter(bytes) {
  const whole = readPart(bytes.toString("latin1"));
  const all = (one) => [one, ...one.parts.flatMap(all)];
  const is = (one, type) => one.field("Content-Type").toLowerCase().startsWith(type);
  const fileName = (one) => {
    const [, encoded, plain] = /filename\*0?\*?=(?:utf-8'')?([^;]+)|filename="([^"]*)"/iu.exec(one.field("Content-Disposition")) ?? [];
    return encoded ? decodeURIComponent(encoded) : readWords(plain ?? "");
  };
  return {
    field: (name) => readWords(whole.field(name)),
    /** The ids that a field names. */
    ids: (name) => [...whole.field(name).matchAll(/<([^>]+)>/gu)].map(([, id]) => id),
    /** The addresses that a field names. */
    addresses: (name) => [...whole.field(name).matchAll(/[\w.+-]+@[\w.-]+/gu)].map(([address]) => address),
    text: all(whole).find((one) => is(one, "text/plain"))?.bytes.toString("utf8").trim() ?? "",
    files: all(whole).filter((one) => one.field("Content-Disposition").startsWith("attachment")).map((one) => ({ name: fileName(one), bytes: one.bytes })),
    /** Was it written by a program, such as the word that a letter arrived? */
    isAutomatic: whole.field("Auto-Submitted") !== "",
  };
}
