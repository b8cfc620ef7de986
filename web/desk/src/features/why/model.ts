/** The decision record of an offer: why this agent, and who was passed over. */
import type { ChannelKind } from "@hutong/api-client";

export interface Why {
  trigger: string;
  lane: string;
  rule: string;
  waited_ms: number;
  groups: number;
  eligible: number;
  passed_over: readonly { agent?: string; lane?: string; why: string }[];
}

export interface LaneNeed {
  kind: ChannelKind | null;
  skills: readonly (readonly [skill: string, level: number])[];
  /** Only this agent will do. */
  only: string;
  excluded: readonly string[];
}

const KINDS: Record<string, ChannelKind> = { w: "web_chat", e: "email", i: "im", a: "app", p: "phone" };

const text = (value: unknown) => (typeof value === "string" ? value : "");
const count = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** Reads a record as the gateway wrote it; null when there is none. */
export function readWhy(value: unknown): Why | null {
  if (typeof value !== "object" || value === null) return null;
  const record = value as Record<string, unknown>;
  if (typeof record["lane"] !== "string") return null;
  const passed = Array.isArray(record["passed_over"]) ? (record["passed_over"] as unknown[]) : [];
  return {
    trigger: text(record["trigger"]),
    lane: record["lane"],
    rule: text(record["rule"]),
    waited_ms: count(record["waited_ms"]),
    groups: count(record["groups"]),
    eligible: count(record["eligible"]),
    passed_over: passed.map((each) => {
      const one = (typeof each === "object" && each !== null ? each : {}) as Record<string, unknown>;
      const [agent, lane] = [text(one["agent"]), text(one["lane"])];
      return { ...(agent ? { agent } : {}), ...(lane ? { lane } : {}), why: text(one["why"]) };
    }),
  };
}

/** Takes a lane's text apart: `w|tax:4,zh:1|only|excluded`. */
export function readLane(lane: string): LaneNeed {
  const [letter = "", skills = "", only = "", excluded = ""] = lane.split("|");
  return {
    kind: KINDS[letter] ?? null,
    skills: skills.split(",").filter(Boolean).map((each) => {
      const [skill = "", level = ""] = each.split(":");
      return [skill, Number(level) || 1] as const;
    }),
    only,
    excluded: excluded.split(",").filter(Boolean),
  };
}
