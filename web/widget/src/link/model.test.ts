import type { ChatCallback } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { standingOf, tokenOf, troubleOf, type Look } from "./model.ts";

const NOW = 1_000_000;
const wanted: ChatCallback = { state: "wanted", number: "+86*******8000" };
const standing = (callback: Partial<ChatCallback> | null, more: Partial<Look> = {}) =>
  standingOf({ state: "queued", ...(callback === null ? {} : { callback: { ...wanted, ...callback } }), ...more }, NOW);
const title = (...args: Parameters<typeof standing>) => standing(...args).title.key;

describe("how the call stands", () => {
  it("is told while it waits, with the place and the wait", () => {
    const position = { before_min: 2, before_max: 2, wait_secs_min: 180, wait_secs_max: 300, agents: 3 };
    expect(standing({}, { position })).toEqual({
      tone: "waiting", title: { key: "wait_title" }, lines: [{ key: "wait_before", params: { n: 2 } }, { key: "wait_range", params: { min: 3, max: 5 } }], when: null,
    });
    expect(standing({}, { position: { before_min: 0, before_max: 0, agents: 0 } }).lines).toEqual([{ key: "wait_nobody", params: {} }]);
    expect(title({}, { state: "active" })).toBe("soon_title");
  });
  it("is told when it is planned", () => {
    expect(standing({ from: NOW + 1, until: NOW + 9 }, { state: "scheduled" })).toMatchObject({ tone: "planned", title: { key: "planned_title" }, when: { from: NOW + 1, until: NOW + 9 } });
    expect(title({ from: NOW - 1 }, { state: "queued" })).toBe("wait_title");
    expect(title({}, { state: "scheduled" })).toBe("closed_title");
  });
  it("is told stage by stage", () => {
    const titles = (["ordered", "agent_ringing", "contact_ringing", "connected", "held"] as const).map((stage) => title({ state: "calling", stage }));
    expect(titles).toEqual(["dialing_title", "dialing_title", "ringing_title", "connected_title", "held_title"]);
  });
  it("is told when nobody answered, and when nobody calls any more", () => {
    expect(standing({ next_at: NOW + 5, outcome: "busy" }, { state: "snoozed" })).toMatchObject({ title: { key: "again_title" }, when: { from: NOW + 5 } });
    const over = (["completed", "no_answer", "bad_number", "cancelled", null] as const).map((outcome) => title({ state: "over", outcome }));
    expect(over).toEqual(["done_title", "given_up_title", "bad_number_title", "cancelled_title", "cancelled_title"]);
    expect(title(null, { state: "closed" })).toBe("none_title");
  });
});

describe("a link", () => {
  it("is what stands behind the sign", () => {
    expect([tokenOf("#abc"), tokenOf(""), tokenOf("# ")]).toEqual(["abc", "", ""]);
  });
  it("is none, or may work later", () => {
    expect([troubleOf(404, "not_found"), troubleOf(410, "gone"), troubleOf(0, "network"), troubleOf(429, "rate_limited"), troubleOf(503, "unavailable")]).toEqual([
      "unknown", "unknown", "offline", "often", "busy",
    ]);
  });
});
