import { describe, expect, it } from "vitest";
import { checkSteps, isOrigin, matches, newSecret, originOf, readWebChat, writeWebChat } from "./web-chat.model";

type Settings = Parameters<typeof readWebChat>[0];

describe("the settings of a web chat", () => {
  it("have the gateway's defaults where nothing is said", () => {
    const read = readWebChat({});
    expect(read).toMatchObject({ allowed_origins: [], identity_secret: "", widget: { color: "#1f5fbf", corner: "right", ask_name: "optional", elder_mode: true } });
    expect(readWebChat({ widget: { elder_mode: false, corner: "top" } } as unknown as Settings).widget).toMatchObject({ elder_mode: false, corner: "right" });
  });
  it("keep what the form does not know, and write a secret only when there is one", () => {
    const stored = { identity_secret: "kept", later: 1 } as unknown as Settings;
    const origins = ["https://www.city.example"];
    expect(writeWebChat(stored, { allowed_origins: origins })).toMatchObject({ identity_secret: "kept", later: 1, allowed_origins: origins });
    expect(writeWebChat(stored, { identity_secret: "" })).not.toHaveProperty("identity_secret");
    expect(newSecret()).toMatch(/^[0-9a-f]{64}$/u);
  });
});

describe("going on by mail", () => {
  it("names a mailbox and a time, or is left out", () => {
    const stored = { mail: { channel: "mail" } } as unknown as Settings;
    expect(readWebChat({}).mail).toBeNull();
    expect(readWebChat(stored).mail).toEqual({ channel: "mail", after_secs: 120 });
    expect(writeWebChat(stored, { mail: { channel: "mail", after_secs: 600 } })).toMatchObject({ mail: { channel: "mail", after_secs: 600 } });
    expect(writeWebChat(stored, { mail: null })).not.toHaveProperty("mail");
  });
});

describe("who may show a chat", () => {
  it("is read from what a person pastes", () => {
    expect(originOf("https://www.city.example/news?x=1")).toBe("https://www.city.example");
    expect(originOf("www.city.example")).toBe("https://www.city.example");
    expect(originOf("http://localhost:3000/")).toBe("http://localhost:3000");
    expect([originOf(""), originOf("city"), originOf("https://")]).toEqual([null, null, null]);
  });
  it("is matched as the gateway does", () => {
    expect(matches("https://www.city.example", "https://www.city.example")).toBe(true);
    expect(matches("https://*.city.example", "https://tax.city.example")).toBe(true);
    expect(matches("https://*.city.example", "https://city.example")).toBe(false);
    expect(matches("https://*.city.example", "http://tax.city.example")).toBe(false);
    expect(matches("https://*.city.example", "https://evilcity.example")).toBe(false);
    expect(["https://a.example:8443", "https://*.a.example"].every(isOrigin)).toBe(true);
    expect(["a.example", "https://a.example/", "https://a.*.example"].some(isOrigin)).toBe(false);
  });
  it("is told step by step", () => {
    const given = { enabled: true, answers: true, loads: true, origin: "https://a.example", own: "https://help.example", origins: [] };
    expect(checkSteps(given).filter((step) => !step.ok)).toEqual([{ name: "listed", ok: false }]);
    expect(checkSteps({ ...given, origins: ["https://*.example"] }).every((step) => step.ok)).toBe(true);
    expect(checkSteps({ ...given, own: "http://help.example" }).find((step) => step.name === "secure")?.ok).toBe(false);
    expect(checkSteps({ ...given, origin: null }).at(-1)).toEqual({ name: "address", ok: false });
  });
});
