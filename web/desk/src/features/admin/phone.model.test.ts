import { describe, expect, it } from "vitest";
import { adminTexts } from "../../texts/admin-catalogue";
import { catalogues } from "../../texts/catalogues";
import { at, withAt } from "./email.model";
import { keysOf, restOf, withRest, type ImField } from "./im.model";
import { AGAIN_AFTER, BOUNDS, LINE_KINDS, LINES, lineOf, pausesOf, readPauses, retriesOf, SENDER, telephoneOf, WHOM, withPauses, withRetry, withTelephone } from "./phone.model";

type Settings = NonNullable<Parameters<typeof pausesOf>[0]>;
const settings = (value: unknown) => value as Settings;

describe("the lines", () => {
  it("have words for each field in both languages, and no field twice", () => {
    const all = LINE_KINDS.map((line) => [line, [...LINES[line].fields, ...LINES[line].more]] as const);
    for (const [line, fields] of [...all, ["policy", [...WHOM, ...BOUNDS, ...SENDER]] as const]) {
      expect(new Set(fields.map(({ key }: ImField) => key)).size, line).toBe(fields.length);
      for (const field of fields) {
        const { label } = keysOf(field);
        const keys = [label, ...(field.sort === "choice" ? field.choices.map((choice) => `${label}.${choice}`) : [])];
        for (const key of keys) expect(adminTexts["zh-CN"], `${line} ${field.key}`).toHaveProperty([key]);
      }
    }
    for (const outcome of AGAIN_AFTER) expect(catalogues.en).toHaveProperty([`call.outcome.${outcome}`]);
  });
  it("name the places that secrets are bound to as the gateway does", () => {
    const bound = LINE_KINDS.map((line) => [...LINES[line].fields, ...LINES[line].more].flatMap((field: ImField) => (field.sort === "secret" ? [[field.key, field.boundTo]] : [])));
    expect(bound).toEqual([
      [["trunk.password", ["trunk.uri"]]], [["password", ["url"]]], [["password", ["host", "port"]]], [["secret", ["url"]], ["previous_secret", ["url"]]],
    ]);
  });
});

/** Everything that a phone channel may hold, and things that this form does not know. */
const stored = settings({
  listen: ["udp:10.0.0.4:5060"], quirk: { of: "a later gateway" },
  trunk: { uri: "sip:trunk.example", user: "desk", password: "(kept secret)", register: true, session_timer: 1800 },
  callback: {
    region: "CN", retry_pauses_secs: [60], retry_after: ["busy", "lost"], consent: { "zh-CN": "仅用于回电", en: "", fr: "Rien" }, verify: { url: "https://codes.example/", secret: "(kept secret)", sender: "Yunxi" }, quiet_hours: ["22:00"],
  },
});

describe("what the form does not know", () => {
  it("stays when each of its fields is written", () => {
    const fields = [...LINES.sip.fields, ...LINES.sip.more, ...WHOM, ...BOUNDS, ...SENDER];
    for (const field of fields) {
      const next = withAt(stored, field.key, field.sort === "lines" ? ["new"] : "new");
      // Taking it away again leaves all else as it was.
      const back = withAt(next, field.key, at(stored, field.key));
      expect(back, field.key).toEqual(stored);
      expect(at(next, "trunk.session_timer"), field.key).toBe(1800);
      expect(at(next, "callback.quiet_hours"), field.key).toEqual(["22:00"]);
    }
  });
  it("stays when the tries are written", () => {
    const next = withRetry(withPauses(stored, [5, 10]), "no_answer", true);
    expect(next).toEqual(settings({ ...stored, callback: { ...(at(stored, "callback") as object), retry_pauses_secs: [300, 600], retry_after: ["busy", "lost", "no_answer"] } }));
  });
  it("is shown apart, but neither the policy nor parts of the trunk", () => {
    expect(restOf(stored, lineOf("sip"))).toEqual({ quirk: { of: "a later gateway" } });
    const next = withRest(stored, lineOf("sip"), { quirk: 1, callback: { region: "US" }, trunk: {} });
    expect(next).toEqual({ ...stored, quirk: 1 });
  });
  it("stays when an unknown line is shown as JSON", () => {
    const rest = restOf(stored, lineOf("satellite"));
    expect(withRest(stored, lineOf("satellite"), { ...rest, more: 1 })).toEqual({ ...stored, more: 1 });
  });
});

describe("the tries", () => {
  it("have the gateway's pauses where nothing is said, and none for a single try", () => {
    expect(pausesOf(undefined)).toEqual([5, 30]);
    expect(pausesOf(withPauses(undefined, []))).toEqual([]);
    expect(withPauses(undefined, [])).toEqual({ callback: { retry_pauses_secs: [] } });
    expect(withPauses(withPauses(undefined, [1]), [5, 30])).toEqual({ callback: {} });
  });
  it("are read as people type them, within the gateway's bounds", () => {
    expect(readPauses("5，30 0.5")).toEqual([5, 30, 0.5]);
    expect(readPauses("")).toEqual([]);
    expect(["0.4", "1441", "x", "1 2 3 4 5 6 7 8 9 10", "0.501"].map(readPauses)).toEqual([null, null, null, null, null]);
  });
  it("follow the outcomes that are chosen", () => {
    expect(retriesOf(undefined)).toEqual(["busy", "no_answer", "voicemail", "failed"]);
    const none = ["busy", "no_answer", "voicemail", "failed"].reduce((next, outcome) => withRetry(next, outcome, false), settings({}));
    expect(none).toEqual({ callback: { retry_after: [] } });
    expect(retriesOf(none)).toEqual([]);
    expect(withRetry(withRetry(undefined, "declined", true), "declined", false)).toEqual({ callback: {} });
  });
});

describe("other channels", () => {
  it("name the phone channel that rings for them, and nothing when nobody does", () => {
    const chat = settings({ allowed_origins: ["https://city.example"] });
    const named = withTelephone(chat, "hotline");
    expect(named).toEqual({ allowed_origins: ["https://city.example"], phone: { channel: "hotline" } });
    expect([telephoneOf(named), telephoneOf(chat)]).toEqual(["hotline", ""]);
    expect(withTelephone(named, "")).toEqual(chat);
  });
});
