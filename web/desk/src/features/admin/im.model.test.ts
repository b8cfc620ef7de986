import { describe, expect, it } from "vitest";
import { NETWORKS } from "../../core/networks.model";
import { adminTexts } from "../../texts/admin-catalogue";
import { catalogues } from "../../texts/catalogues";
import { at, withAt } from "./email.model";
import { BOUNDS, CONNECTIONS, connectionOf, departmentsOf, isAsked, keysOf, makeSecret, readWords, restOf, SAID, SAME_PERSON, withDepartment, withDepartments, withRest, withWords, wordsOf, works, type Finding } from "./im.model";

type Settings = NonNullable<Parameters<typeof wordsOf>[0]>;
const settings = (value: unknown) => value as Settings;

describe("the messengers", () => {
  it("have words for each field, and no field twice", () => {
    for (const network of NETWORKS) {
      const fields = [...CONNECTIONS[network].fields, ...CONNECTIONS[network].more];
      expect(new Set(fields.map(({ key }) => key)).size, network).toBe(fields.length);
      for (const field of fields) {
        const { label } = keysOf(field);
        // A hint may be missing, but not one that was named.
        const keys = [label, ...(field.hint ? [field.hint] : []), ...(field.sort === "choice" ? field.choices.map((choice) => `${label}.${choice}`) : [])];
        for (const key of keys) expect(adminTexts.en, `${network}.${field.key}`).toHaveProperty([key]);
      }
      expect(catalogues.en).toHaveProperty([`network.${network}`]);
      expect(adminTexts.en).toHaveProperty([`im.guide.${network}`]);
    }
  });
  it("ask only for what the chosen way needs", () => {
    const asked = (adapter: "slack" | "feishu", value: unknown) => {
      const connection = CONNECTIONS[adapter];
      return connection.fields.filter((field) => isAsked(field, connection, settings(value))).map(({ key }) => key);
    };
    expect(asked("slack", {})).toEqual(["mode", "bot_token", "app_token"]);
    expect(asked("slack", { mode: "http" })).toEqual(["mode", "bot_token", "signing_secret"]);
    expect(asked("feishu", {})).toEqual(["mode", "app_id", "app_secret"]);
  });
  it("are called by their network or not, by the chosen way", () => {
    expect(CONNECTIONS.wecom.called(settings({}))).toBe(true);
    expect([CONNECTIONS.dingtalk.called(settings({})), CONNECTIONS.dingtalk.called(settings({ mode: "http" }))]).toEqual([false, true]);
  });
});

describe("settings that the form does not know", () => {
  const stored = settings({ app_id: "cli_1", desk: { acknowledge: false }, region: "cn", retries: 3 });
  it("are shown apart, and all of them where the messenger is unknown", () => {
    expect(restOf(stored, CONNECTIONS.feishu)).toEqual({ region: "cn", retries: 3 });
    expect(restOf(stored, connectionOf("carrier_pigeon"))).toEqual({ app_id: "cli_1", region: "cn", retries: 3 });
  });
  it("are written without touching the others", () => {
    expect(withRest(stored, CONNECTIONS.feishu, { retries: 4, app_id: "evil", desk: {} })).toEqual({ app_id: "cli_1", desk: { acknowledge: false }, retries: 4 });
  });
});

describe("what the desk does in a chat", () => {
  it("begins with the gateway's words, and an empty list switches a deed off", () => {
    expect(wordsOf(undefined, "end")).toContain("结束");
    const off = withWords(settings({ corp_id: "ww" }), "rate", []);
    expect(off).toEqual({ corp_id: "ww", desk: { commands: { rate: [] } } });
    expect(wordsOf(off, "rate")).toEqual([]);
    expect(at(withWords(off, "rate", ["评价", "rate"]), "desk.commands.rate")).toBeUndefined();
    expect(withWords(off, "end", ["再见"])).toMatchObject({ desk: { commands: { rate: [], end: ["再见"] } } });
  });
  it("reads words as people type them", () => {
    expect(readWords("结束，再见、 bye bye ,\n结束")).toEqual(["结束", "再见", "bye bye"]);
  });
  it("has words for each of its fields", () => {
    for (const field of [...SAID, ...BOUNDS, ...SAME_PERSON]) expect(adminTexts.en).toHaveProperty([keysOf(field).label]);
    for (const field of SAME_PERSON) expect(adminTexts["zh-CN"]).toHaveProperty([keysOf(field).hint]);
  });
  it("keeps what links persons where the gateway reads it", () => {
    expect(SAME_PERSON.map(({ key }) => key)).toEqual(["desk.same_person.directory", "desk.same_person.email", "desk.same_person.phone"]);
    const [directory, email] = SAME_PERSON;
    const named = withAt(withAt(settings({ corp_id: "ww" }), directory!.key, "city-staff"), email!.key, false);
    expect(named).toEqual({ corp_id: "ww", desk: { same_person: { directory: "city-staff", email: false } } });
    // What is said by default is not written, and the directory is never shown among settings without a field.
    expect(withAt(withAt(named, directory!.key, ""), email!.key, undefined)).toEqual({ corp_id: "ww", desk: { same_person: {} } });
    expect(restOf(named, CONNECTIONS.wecom)).toEqual({});
    expect(SAME_PERSON.map((field) => (field.sort === "flag" ? field.usual : field.sort === "text" && field.charsMax))).toEqual([64, true, true]);
  });
  it("leads departments to topics", () => {
    const rule = withDepartment(withDepartment({ department: "税务局" }, "topic", "tax"), "audience", "agency");
    const next = withDepartments(undefined, [rule]);
    expect(departmentsOf(next)).toEqual([{ department: "税务局", topic: "tax", audience: "agency" }]);
    expect(withDepartment(rule, "topic", "")).toEqual({ department: "税务局", audience: "agency" });
    expect(departmentsOf(withDepartments(next, []))).toEqual([]);
  });
});

describe("what a check found", () => {
  it("does not work with a single no", () => {
    const findings: Finding[] = [{ point: "credentials", passed: "yes", detail: "@bot" }, { point: "callback", passed: "unknown", detail: "" }];
    expect(works(findings)).toBe(true);
    expect(works([...findings, { point: "permissions", passed: "no", detail: "" }])).toBe(false);
  });
});

describe("secrets that the desk thinks up", () => {
  it("are long, never the same, and written as the network wants them", () => {
    expect(makeSecret("plain")).toMatch(/^[0-9a-f]{64}$/u);
    expect(makeSecret("whsec")).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/u);
    expect(makeSecret("plain")).not.toBe(makeSecret("plain"));
  });
});
