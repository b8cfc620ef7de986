import { describe, expect, it } from "vitest";
import { readTrial } from "./trial.model";

describe("a trial", () => {
  it("tells each step of the ladder and who could take it", () => {
    const trial = readTrial({ queue: "tax", lane: "w|tax:4||", due_at: 120_000, opens_at: null, ladder: [
      { after_ms: 0, need: { skills: { tax: 4 } }, eligible: ["li-na"] },
      { after_ms: 30_000, need: { skills: {} }, eligible: ["li-na", "wang-wei"] }] });
    expect(trial).toEqual({ queue: "tax", dueAt: 120_000, opensAt: null, steps: [
      { afterSecs: 0, skills: [["tax", 4]], eligible: ["li-na"] },
      { afterSecs: 30, skills: [], eligible: ["li-na", "wang-wei"] }] });
  });
  it("stands on what it gets", () => {
    expect(readTrial(null).steps).toEqual([]);
    expect(readTrial({ ladder: [3] }).steps).toEqual([{ afterSecs: 0, skills: [], eligible: [] }]);
  });
});
