/** The answer to a trial: what would happen to a request just now. */

export interface TrialStep {
  afterSecs: number;
  skills: readonly (readonly [skill: string, level: number])[];
  eligible: readonly string[];
}

export interface Trial {
  queue: string;
  dueAt: number | null;
  opensAt: number | null;
  steps: readonly TrialStep[];
}

const obj = (value: unknown) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const num = (value: unknown) => (typeof value === "number" ? value : null);
const text = (value: unknown) => (typeof value === "string" ? value : "");

function stepOf(value: unknown): TrialStep {
  const step = obj(value);
  return {
    afterSecs: (num(step["after_ms"]) ?? 0) / 1000,
    skills: Object.entries(obj(obj(step["need"])["skills"])).map(([skill, level]) => [skill, num(level) ?? 1] as const),
    eligible: list(step["eligible"]).map(text).filter(Boolean),
  };
}

export function readTrial(value: unknown): Trial {
  const answer = obj(value);
  return {
    queue: text(answer["queue"]),
    dueAt: num(answer["due_at"]),
    opensAt: num(answer["opens_at"]),
    steps: list(answer["ladder"]).map(stepOf),
  };
}
