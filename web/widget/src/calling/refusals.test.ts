import { ApiProblem } from "@hutong/api-client";
import { describe, expect, it } from "vitest";
import { refusalOf, staysAtCode, wordsOf } from "./refusals.ts";

const of = (code: string, path: string | null = null, retryAfterMs: number | null = null) => wordsOf({ code, path, retryAfterMs });

describe("a refusal", () => {
  it("is read from what the gateway answers", () => {
    const problem = new ApiProblem(422, "invalid", "no", [{ path: "from", problem: "is over" }]);
    expect(refusalOf(problem)).toEqual({ code: "invalid", path: "from", retryAfterMs: null });
    expect(refusalOf(new Error("x")).code).toBe("other");
  });
  it("stands where it can be mended", () => {
    expect(of("invalid", "number")).toMatchObject({ key: "refused_number", place: "number" });
    expect(of("invalid", "until")).toMatchObject({ key: "refused_time", place: "time" });
    expect(of("code_wrong")).toMatchObject({ key: "refused_code", place: "code" });
    expect(of("number_taken").place).toBe("number");
    expect(of("toString")).toMatchObject({ key: "refused_other", place: "form" });
  });
  it("says for how long, where that is not for ever", () => {
    expect(of("rate_limited", null, 61_000)).toMatchObject({ key: "refused_often_for", minutes: 2 });
    expect(of("rate_limited", null, 86_400_000).key).toBe("refused_often");
    expect(of("rate_limited").key).toBe("refused_often");
  });
  it("leaves whoever types a code there, unless the number is the trouble", () => {
    expect(["code_wrong", "network", "number_taken"].map((code) => staysAtCode({ code, path: null, retryAfterMs: null }))).toEqual([true, true, false]);
  });
});
