/** The line to the contact of a conversation in a messenger, asked anew after each word of either side. */
import { ApiProblem, type ConversationSummary } from "@hutong/api-client";
import { useEffect, useState } from "preact/hooks";
import { now } from "../../core/clock";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { openOf, partsOf, refusalOf, type ContactLine, type Open, type Refusal } from "./line.model";

export interface Line {
  /** Null while it is not known, and where there is none. */
  line: ContactLine | null;
  /** Why it is not known. */
  problem: string;
  open: Open;
  again: () => void;
}

const NO_LINE = 404;
const always: Open = { state: "always" };

export function useLine(one: ConversationSummary): Line {
  const [line, setLine] = useState<ContactLine | null>(null);
  const [problem, setProblem] = useState("");
  const [turn, setTurn] = useState(0);
  const isIm = one.kind === "im";
  useEffect(() => {
    if (!isIm) return;
    let current = true;
    api.get<ContactLine>(`/conversations/${one.id}/line`).then(
      (found) => {
        if (!current) return;
        setLine(found);
        setProblem("");
      },
      (error: unknown) => {
        if (!current) return;
        const isNone = error instanceof ApiProblem && error.status === NO_LINE;
        setLine(null);
        setProblem(isNone ? t("line.none") : t("line.failed", { why: problemText(error) }));
      },
    );
    return () => {
      current = false;
    };
  }, [one.id, isIm, one.last_message?.id, turn]);
  // Only a line that ends by time follows the clock.
  const open = line === null ? always : openOf(line, line.window.until ? now.value : now.peek());
  return { line, problem, open, again: () => setTurn(turn + 1) };
}

/** What becomes of the answer that is being written. */
export function answerOn({ line }: Line, text: string, files: number): { parts: number; refusal: Refusal | null } {
  if (line === null) return { parts: 1, refusal: null };
  const parts = partsOf(text, files, line);
  return { parts, refusal: refusalOf(line, parts, now.peek()) };
}
