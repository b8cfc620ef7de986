import { describe, expect, it } from "vitest";
import { Host, type HostEvents } from "./host.ts";

const ORIGIN = "https://city.example.cn";

/** A window in a frame, whose messages can be forged. */
function framed(origin = ORIGIN) {
  const told: { message: unknown; to: string }[] = [];
  const parent = { postMessage: (message: unknown, to: string) => void told.push({ message, to }) };
  let hear: (event: unknown) => void = () => undefined;
  const self = { parent, addEventListener: (_type: string, listener: (event: unknown) => void) => void (hear = listener) };
  const heard: unknown[] = [];
  const events: HostEvents = {
    onShown: (shown, page) => heard.push({ shown, page }),
    onIdentify: (token) => heard.push({ token }),
    onReset: () => heard.push({ reset: true }),
  };
  new Host(origin, self as unknown as Window).listen(events);
  const from = (data: unknown, source: unknown = parent, at = ORIGIN) => hear({ data, source, origin: at });
  return { told, heard, from };
}

describe("the talk with the host page", () => {
  it("goes to the frame's own origin only, never to all", () => {
    expect(framed().told).toEqual([{ message: { hutong: 1, type: "ready" }, to: ORIGIN }]);
    expect(framed("").told).toEqual([]);
  });

  it("hears the parent window at its origin, and nobody else", () => {
    const { heard, from } = framed();
    from({ hutong: 1, type: "identify", token: "a" }, {}, ORIGIN);
    from({ hutong: 1, type: "identify", token: "b" }, undefined, "https://evil.example");
    expect(heard).toEqual([]);
    from({ hutong: 1, type: "identify", token: "c" });
    expect(heard).toEqual([{ token: "c" }]);
  });

  it("passes by what is not ours or not well formed", () => {
    const { heard, from } = framed();
    for (const data of [null, "shown", { type: "shown" }, { hutong: 2, type: "shown" }, { hutong: 1, type: "identify", token: 7 }, { hutong: 1, type: "identify", token: "x".repeat(9000) }]) {
      from(data);
    }
    expect(heard).toEqual([]);
  });

  it("keeps the query of the page to itself: it may hold what an agent should not see", () => {
    const { heard, from } = framed();
    from({ hutong: 1, type: "shown", page: "https://city.example.cn/tax?session=secret#x" });
    from({ hutong: 1, type: "shown", page: "javascript:alert(1)" });
    expect(heard).toEqual([
      { shown: true, page: "https://city.example.cn/tax" },
      { shown: true, page: null },
    ]);
  });
});
