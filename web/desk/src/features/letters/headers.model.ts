/** Names of header fields as the field writes them: their case means nothing (RFC 5322, 1.2.2), but people know
 * them in one way only. */

/** Words that are written otherwise than with a capital at the start. */
const WORDS: Readonly<Record<string, string>> = {
  arc: "ARC", bimi: "BIMI", dkim: "DKIM", dmarc: "DMARC", ews: "EWS", id: "ID", ip: "IP", mime: "MIME", mimeole: "MimeOLE",
  ms: "MS", msmail: "MSMail", originatororg: "OriginatorOrg", oauth: "OAuth", qq: "QQ", scl: "SCL", smtp: "SMTP", spf: "SPF",
  tls: "TLS", tnef: "TNEF", uid: "UID", uri: "URI", url: "URL", vm: "VM",
};

export function headerName(name: string): string {
  return name.split("-").map((word) => {
    const lower = word.toLowerCase();
    // What the sender wrote in small and large letters stays: it is a name of its own.
    if (word !== lower && word !== word.toUpperCase()) return WORDS[lower] ?? word;
    return WORDS[lower] ?? lower.charAt(0).toUpperCase() + lower.slice(1);
  }).join("-");
}
