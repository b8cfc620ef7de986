import type { ConversationSummary } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { openOffers, shareLeft } from "./model";

const offer = (id: string, until: number, token: string | null = "ofr_1") =>
  ({ id, state: "offered", offer_token: token, until }) as ConversationSummary;

describe("offers", () => {
  it("stand in the order in which they end", () => {
    expect(openOffers([offer("b", 30), offer("a", 20)], 10).map((one) => one.id)).toEqual(["a", "b"]);
  });
  it("are none once answered or passed", () => {
    expect(openOffers([offer("a", 20, null), offer("b", 9)], 10)).toEqual([]);
  });
  it("run down from full to nothing", () => {
    expect(shareLeft(30_000, 0, 0)).toBe(1);
    expect(shareLeft(30_000, 0, 15_000)).toBe(0.5);
    expect(shareLeft(30_000, 0, 31_000)).toBe(0);
  });
});
