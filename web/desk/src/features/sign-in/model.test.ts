import { describe, expect, it } from "vitest";
import { agentId, passwordProblem, startCode } from "./model";

describe("signing in", () => {
  it("takes a log-in as people type it", () => {
    expect(agentId(" Li-Na ")).toBe("li-na");
    expect(startCode(" ABCD-1234\n")).toBe("ABCD-1234");
  });
  it("wants a long new password, twice the same", () => {
    expect(passwordProblem("old", "short", "short")).toBe("short");
    expect(passwordProblem("correct horse", "correct horse", "correct horse")).toBe("same");
    expect(passwordProblem("old", "correct horse", "correct house")).toBe("differs");
    expect(passwordProblem("old", "correct horse", "correct horse")).toBeNull();
  });
});
