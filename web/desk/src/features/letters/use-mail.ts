/** To whom the letter that is being written goes. */
import { mintId, type ConversationSummary, type Correspondence, type FileRef } from "@hutong/api-client";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { logs } from "../../core/store";
import { holdLetter } from "./holding";
import { addresseesOf, goesElsewhere, leftOut, ownIn, peopleIn, problemOf, proposed, readAddresses, withAddresses, type MailDraft } from "./model";
import { UNDO_MS } from "./undo.model";

export interface Typed {
  to: string;
  cc: string;
}

const nothing: Typed = { to: "", cc: "" };

/** The correspondence as the gateway reads it, anew with each letter of the contact. */
function useCorrespondence(one: ConversationSummary) {
  const [known, setKnown] = useState<Correspondence | null>(null);
  const [problem, setProblem] = useState("");
  const [turn, setTurn] = useState(0);
  const newest = useRef("");
  if (one.last_message?.author.type === "contact") newest.current = one.last_message.id;
  useEffect(() => {
    if (one.kind !== "email") return;
    let current = true;
    api.get<Correspondence>(`/conversations/${one.id}/addressees`).then(
      (found) => {
        if (!current) return;
        setKnown(found);
        setProblem("");
      },
      (error: unknown) => current && setProblem(problemText(error)),
    );
    return () => {
      current = false;
    };
  }, [one.id, one.kind, newest.current, turn]);
  return { known, problem, again: () => setTurn(turn + 1) };
}

export function useMail(one: ConversationSummary, kept: MailDraft | undefined, written: boolean) {
  const { known, problem, again } = useCorrespondence(one);
  /** What the writer saw when the letter was begun; a newer letter does not change it behind their back. */
  const [base, setBase] = useState<Correspondence | null>(null);
  const [chosen, setChosen] = useState<MailDraft | null>(kept ?? null);
  const [typed, setTyped] = useState(nothing);
  const [open, setOpen] = useState(kept?.edited === true);
  const begun = written || chosen !== null;
  const newer = base && known && begun && goesElsewhere(base, known) ? known : null;
  useEffect(() => {
    if (known && !newer) setBase(known);
  }, [known, newer]);
  const draft = chosen ?? (base && proposed(base, false));
  const messages = logs.value.get(one.id)?.messages ?? [];
  const missing = draft ? problemOf(draft, `${typed.to},${typed.cc}`, ownIn(messages)) : null;
  const change = (by: Partial<MailDraft>) => draft && setChosen({ ...draft, ...by, edited: true });
  const choose = (all: boolean) => {
    if (base) setChosen(proposed(base, all));
    setTyped(nothing);
  };
  const takeNewer = () => {
    setBase(newer);
    setChosen(null);
    setTyped(nothing);
  };
  /** Holds the letter for a moment, and is ready for the next. */
  const send = (text: string, files: readonly FileRef[]) => {
    if (!draft || missing) return;
    const whole = { ...draft, to: withAddresses(draft.to, readAddresses(typed.to).found), cc: withAddresses(draft.cc, readAddresses(typed.cc).found) };
    holdLetter({ client_id: mintId(), conversation: one.id, text, files, mail: addresseesOf(whole), all: draft.all, until: Date.now() + UNDO_MS });
    setChosen(null);
    setTyped(nothing);
    setOpen(false);
  };
  return { base, draft, chosen, typed, setTyped, open, setOpen, newer, takeNewer, missing, change, choose, send, problem, again, out: base && draft ? leftOut(base, draft) : [], people: () => peopleIn(messages) };
}

export type Mail = ReturnType<typeof useMail>;
