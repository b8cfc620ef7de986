/** The letters that could not come in, page by page, and what can be done about each. */
import { ApiProblem, type QuarantinedLetter } from "@hutong/api-client";
import { say } from "@hutong/ui";
import { useEffect, useState } from "preact/hooks";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { countStuck } from "./stuck-counts";

export const PAGE_LETTERS = 50;

export function useQuarantine() {
  const [letters, setLetters] = useState<readonly QuarantinedLetter[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [more, setMore] = useState(false);
  const load = async (after: QuarantinedLetter | null) => {
    try {
      const page = after ? { before: after.received_at, before_id: after.id } : {};
      const found = await api.get<QuarantinedLetter[]>("/quarantine", { limit: PAGE_LETTERS, ...page });
      setLetters((known) => (after ? [...(known ?? []), ...found] : found));
      setMore(found.length === PAGE_LETTERS);
      setProblem(null);
    } catch (error) {
      if (letters === null) setProblem(error);
      else say(problemText(error), "danger");
    }
  };
  useEffect(() => void load(null), []);
  const drop = (id: string) => {
    setLetters((known) => (known ?? []).filter((one) => one.id !== id));
    void countStuck();
  };
  /** Tries it again; one that stays has its reason read anew. */
  const retry = async (id: string) => {
    try {
      await api.post(`/quarantine/${id}/retry`);
      drop(id);
      say(t("letters.went_on"));
    } catch (error) {
      const stays = error instanceof ApiProblem && error.code === "wrong_state";
      say(stays ? t("letters.stays") : problemText(error), "danger");
      if (stays) await load(null);
      else if (error instanceof ApiProblem && error.status === 404) drop(id);
    }
  };
  const giveUp = async (id: string) => {
    try {
      await api.delete(`/quarantine/${id}`);
      drop(id);
      say(t("letters.given_up"));
    } catch (error) {
      say(problemText(error), "danger");
    }
  };
  const older = () => load(letters?.at(-1) ?? null);
  return { letters, problem, more, again: () => void load(null), older, retry, giveUp };
}

export type Quarantine = ReturnType<typeof useQuarantine>;
