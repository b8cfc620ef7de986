import type { Callback } from "@hutong/api-client";
import { describe, expect, test } from "vitest";
import { callNotice, callWords, lengthText } from "./model";

const wanted: Callback = { state: "wanted", number: "+86*******8000", line: "hotline", requested_at: 0, tries: 0 };
const call = { id: "call_1_1", agent: "ming", stage: "connected", since: 0, connected_at: 5_000 } as const;
const time = (at: number) => `at ${String(at)}`;
const key = (callback: Callback, now = 65_000) => callWords(callback, now, time);

describe("calls", () => {
  test("lengths are read as on a telephone", () => {
    expect([lengthText(5), lengthText(65), lengthText(3_845), lengthText(-1)]).toEqual(["0:05", "1:05", "1:04:05", "0:00"]);
  });

  test("every way to stand has its words", () => {
    expect(key(wanted).key).toBe("call.wanted");
    expect(key({ ...wanted, from: 70_000 }).params.time).toBe("at 70000");
    expect(key({ ...wanted, from: 60_000 }).key).toBe("call.wanted");
    expect(key({ ...wanted, next_at: 90_000, tries: 2 })).toEqual({ key: "call.next", params: { number: wanted.number, n: 2, time: "at 90000" } });
    expect(key({ ...wanted, state: "calling", call })).toEqual({ key: "call.stage.connected", params: { number: wanted.number, time: "1:00" } });
    expect(key({ ...wanted, state: "calling", call: { ...call, wish: "hang_up" } }).key).toBe("call.ending");
    expect(key({ ...wanted, state: "over", outcome: "no_answer" }).params.outcome).toBe("no_answer");
  });

  test("an end tells for how long, or when it is tried again", () => {
    const ended = { code: "call_ended", call: "call_1_1", outcome: "completed", cause: "", seconds: 65, attempt: 1 } as const;
    expect(callNotice(ended, time)).toEqual({ key: "call.notice.ended_after", params: { outcome: "completed", time: "1:05" } });
    expect(callNotice({ ...ended, outcome: "busy", seconds: 0, next_at: 9 }, time).params).toEqual({ outcome: "busy", n: 1, time: "at 9" });
    expect(callNotice({ ...ended, outcome: "busy", seconds: 0 }, time).key).toBe("call.notice.ended");
  });
});
