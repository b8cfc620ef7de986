import { describe, expect, it } from "vitest";
import { ROWS_BEYOND, windowOf } from "./window.model";

describe("the window of a long list", () => {
  it("draws what is in sight and a few rows beyond", () => {
    expect(windowOf(10_000, 50, 5000, 500)).toEqual({ first: 100 - ROWS_BEYOND, last: 110 + ROWS_BEYOND });
  });
  it("stays inside a short list", () => {
    expect(windowOf(3, 50, 0, 500)).toEqual({ first: 0, last: 3 });
    expect(windowOf(0, 50, 400, 500)).toEqual({ first: 0, last: 0 });
  });
  it("survives a list that became shorter than the scroll", () => {
    expect(windowOf(5, 50, 90_000, 500)).toEqual({ first: 5, last: 5 });
  });
});
