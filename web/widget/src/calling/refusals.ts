/** Why a call is refused, in words. */
import { ApiProblem } from "@hutong/api-client";
import type { CallTextKey } from "./texts/index.ts";

/** What the gateway said to a wish. */
export interface Refusal {
  code: string;
  /** The field of the wish that is wrong, where one is. */
  path: string | null;
  /** In how many milliseconds it may be tried again, where that is known. */
  retryAfterMs: number | null;
}

export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ApiProblem)) return { code: "other", path: null, retryAfterMs: null };
  return { code: error.code, path: error.errors[0]?.path ?? null, retryAfterMs: error.retryAfterMs };
}

/** Where the words of a refusal stand: at the number, the time, the code, or below all. */
export type Place = "number" | "time" | "code" | "form";

interface Words {
  key: CallTextKey;
  place: Place;
}

/** Refusals that have words of their own, by their codes. */
const WORDS: Record<string, Words> = {
  code_wrong: { key: "refused_code", place: "code" },
  number_taken: { key: "refused_taken", place: "number" },
  wrong_state: { key: "refused_calling", place: "form" },
  not_configured: { key: "refused_closed", place: "form" },
  unavailable: { key: "refused_unavailable", place: "form" },
  network: { key: "refused_network", place: "form" },
  not_found: { key: "refused_gone", place: "form" },
};

export function wordsOf({ code, path, retryAfterMs }: Refusal): Words & { minutes: number } {
  const minutes = Math.ceil((retryAfterMs ?? 0) / 60_000);
  if (code === "invalid") {
    const isTime = path === "from" || path === "until";
    return path === "code" ? { key: "refused_code", place: "code", minutes } : { key: isTime ? "refused_time" : "refused_number", place: isTime ? "time" : "number", minutes };
  }
  if (code === "rate_limited") return { key: minutes > 0 && minutes <= 60 ? "refused_often_for" : "refused_often", place: "form", minutes };
  const known = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  return { ...(known ?? { key: "refused_other", place: "form" }), minutes };
}

/** Does the form of the code stay, or is the wish to be changed? */
export const staysAtCode = ({ code }: Refusal) => ["code_needed", "code_wrong", "rate_limited", "network", "unavailable"].includes(code);
