import { describe, expect, it } from "vitest";
import { afterOf, at, hasPart, listAt, providerOf, rulesOf, textAt, usualPort, withAt, withPart, withProvider, withRule } from "./email.model";

type Settings = NonNullable<Parameters<typeof at>[0]>;
const settings = (value: object) => value as unknown as Settings;

describe("the settings of a mailbox", () => {
  it("are read and written by path, beside whatever the form does not know", () => {
    const stored = settings({ address: "a@b.cn", imap: { host: "h", poll_secs: 30 }, later: 1 });
    expect([textAt(stored, "imap.host"), textAt(stored, "smtp.host"), at(stored, "imap.poll_secs"), listAt(stored, "aliases")]).toEqual(["h", "", 30, []]);
    expect(withAt(stored, "imap.host", "x")).toEqual({ address: "a@b.cn", imap: { host: "x", poll_secs: 30 }, later: 1 });
    expect(withAt(undefined, "smtp.port", 465)).toEqual({ smtp: { port: 465 } });
  });
  it("do not write what is empty", () => {
    const stored = settings({ address: "a@b.cn", imap: { host: "h", mailbox: "X" }, aliases: ["c@d.cn"], acknowledge: false });
    expect(withAt(stored, "imap.mailbox", "")).toMatchObject({ imap: { host: "h" } });
    expect(withAt(stored, "aliases", [])).not.toHaveProperty("aliases");
    expect(withAt(stored, "acknowledge", undefined)).not.toHaveProperty("acknowledge");
    expect(withAt(stored, "acknowledge", false)).toHaveProperty("acknowledge", false);
  });
  it("switch parts on and off", () => {
    const on = withPart(settings({ address: "help@city.cn" }), "dkim", true);
    expect([hasPart(on, "dkim"), textAt(on, "dkim.domain")]).toEqual([true, "city.cn"]);
    expect(hasPart(withPart(on, "dkim", false), "dkim")).toBe(false);
  });
  it("know the usual ports and what becomes of a letter that was read", () => {
    expect([usualPort("imap", "tls"), usualPort("smtp", "starttls"), usualPort("smtp", "?")]).toEqual([993, 587, 465]);
    expect([afterOf("move:已处理"), afterOf("keep"), afterOf("")]).toEqual([{ after: "move", folder: "已处理" }, { after: "keep", folder: "" }, { after: "seen", folder: "" }]);
  });
});

describe("a provider", () => {
  it("fills in its servers and is recognised by them", () => {
    const gmail = withProvider(settings({ address: "a@b.cn" }), "gmail");
    expect(providerOf(gmail)).toBe("gmail");
    expect(gmail).toMatchObject({ imap: { host: "imap.gmail.com", port: 993, auth: "xoauth2", user: "a@b.cn" }, oauth: { scope: "https://mail.google.com/" }, authserv_ids: ["mx.google.com"] });
    expect(providerOf(settings({ imap: { host: "mail.city.cn" } }))).toBe("generic");
  });
  it("does not get the passwords of another one, nor keep its tokens", () => {
    const before = settings({ address: "a@b.cn", imap: { host: "old", user: "u", password: "(kept secret)", after: "keep" }, oauth: { token_url: "https://x" } });
    const after = withProvider(before, "exmail");
    expect(after).toMatchObject({ imap: { host: "imap.exmail.qq.com", user: "u", after: "keep" } });
    expect(at(after, "imap.password")).toBeUndefined();
    expect(at(after, "imap.auth")).toBeUndefined();
    expect(hasPart(after, "oauth")).toBe(false);
  });
  it("changes nothing when it is there already", () => {
    const kept = settings({ imap: { host: "imap.exmail.qq.com", password: "(kept secret)" } });
    expect(withProvider(kept, "exmail")).toBe(kept);
    expect(withProvider(kept, "generic")).toBe(kept);
  });
});

describe("the rules", () => {
  it("hold only what was said", () => {
    expect(rulesOf(settings({}))).toEqual([]);
    const rule = withRule({ from: "a@b.cn" }, "important", false);
    expect(rule).toEqual({ from: "a@b.cn", important: false });
    expect(withRule(withRule(rule, "important", undefined), "from", "")).toEqual({});
  });
});
