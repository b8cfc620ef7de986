import { describe, expect, test } from "vitest";
import { callWords, endedWords, offersCall, wantedCall } from "./callback.ts";
import { channel, model, state } from "./fixtures.ts";

const callbacks = { region: "CN", days_ahead: 14, consent: { "zh-CN": "", en: "" } };
const wanted = { state: "wanted", number: "+86*******8000" } as const;

describe("a call", () => {
  test("is offered where somebody calls back and the matter is open", () => {
    const open = { channel: { ...channel, callbacks }, conversation: state({ state: "queued" }) };
    expect(offersCall(model(open))).toBe(true);
    expect(offersCall(model({ ...open, channel }))).toBe(false);
    expect(offersCall(model({ ...open, conversation: state({ state: "closed" }) }))).toBe(false);
    expect(offersCall(model({ ...open, conversation: null }))).toBe(false);
  });

  test("is wanted until it is over", () => {
    expect(wantedCall(model({ conversation: state({ callback: wanted }) }))).toEqual(wanted);
    expect(wantedCall(model({ conversation: state({ callback: { ...wanted, state: "over" } }) }))).toBe(null);
    expect(wantedCall(model({ conversation: state() }))).toBe(null);
  });

  test("has words for each stage", () => {
    expect(callWords(wanted)).toBe("call_wanted");
    expect(callWords({ ...wanted, from: 1 })).toBe("call_wanted_from");
    expect(callWords({ ...wanted, next_at: 1 })).toBe("call_again");
    expect(callWords({ ...wanted, state: "calling", stage: "agent_ringing" })).toBe("call_dialing");
    expect(callWords({ ...wanted, state: "calling", stage: "contact_ringing" })).toBe("call_ringing");
    expect(callWords({ ...wanted, state: "calling", stage: "connected" })).toBe("call_connected");
    expect(callWords({ ...wanted, state: "calling", stage: "held" })).toBe("call_held");
  });

  test("tells how it ended", () => {
    expect(endedWords("completed", false)).toBe("notice_call_completed");
    expect(endedWords("busy", true)).toBe("notice_call_again");
    expect(endedWords("busy", false)).toBe("notice_call_missed");
  });
});
