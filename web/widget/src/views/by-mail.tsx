/** Asks for a mail address: for the transcript, or for answers after the person has left. */
import { ApiProblem } from "@hutong/api-client";
import { Icon } from "@hutong/ui/icon";
import { CircleCheck, Mail } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { looksLikeAddress, offers, refusalWords } from "../model/by-mail.ts";
import type { MailWish } from "../model/model.ts";
import { AskForm, AskQuestion, TakeBack } from "./ask-form.tsx";
import { usePanel } from "./context.ts";

/** The question, in the place of the one before the end. */
export function MailQuestion({ wish }: { wish: MailWish }) {
  const { dispatch } = usePanel();
  const ask = useAsking(wish);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const dismiss = () => dispatch({ type: "mail_dismissed" });
  const transcript = wish === "transcript";
  const asked = async (email: string) => {
    const refused = looksLikeAddress(email) ? await ask(email) : refusalWords("invalid");
    if (refused === null) setSentTo(email);
    return refused;
  };
  return (
    <AskQuestion name="mail" asks={transcript ? "mail_transcript_title" : "mail_answers_title"} dismiss={dismiss}>
      {sentTo !== null
        ? <Sent wish={wish} address={sentTo} />
        : (
            <AskForm
              maxLength={254}
              asksFor="mail_address"
              hint={transcript ? "mail_transcript_hint" : "mail_answers_hint"}
              send={transcript ? "mail_transcript_send" : "mail_answers_send"}
              ask={asked}
              dismiss={dismiss}
            />
          )}
    </AskQuestion>
  );
}

/** What the desk is told; null when it is done, else the words of the refusal. */
function useAsking(wish: MailWish) {
  const { model, session } = usePanel();
  return async (email: string) => {
    try {
      if (wish === "transcript") await session.api.post("/chat/transcripts", { email, conversation: model.conversation?.id });
      else await session.api.put("/chat/address", { email });
      return null;
    } catch (error) {
      return refusalWords(error instanceof ApiProblem ? error.code : "network");
    }
  };
}

function Sent({ wish, address }: { wish: MailWish; address: string }) {
  const { t, dispatch } = usePanel();
  const done = useRef<HTMLButtonElement>(null);
  useEffect(() => done.current?.focus(), []);
  return (
    <>
      <p class="mail-sent" role="status">
        <Icon icon={CircleCheck} size={20} />
        <span>{t(wish === "transcript" ? "mail_transcript_sent" : "mail_answers_sent", { address })}</span>
      </p>
      <button ref={done} type="button" class="button" onClick={() => dispatch({ type: "mail_dismissed" })}>{t("mail_done")}</button>
    </>
  );
}

/** Takes the address back: no more answers go there. */
function Withdraw() {
  const { session } = usePanel();
  return <TakeBack take={() => session.api.delete("/chat/address")} words="mail_answers_withdraw" failure="mail_refused_other" />;
}

/** While the person waits: where the answer goes, or that it may go somewhere. */
export function AnswersLine() {
  const { model, t, dispatch } = usePanel();
  if (!offers(model, "answers")) return null;
  const address = model.conversation?.mail_address ?? null;
  return (
    <p class="ask-line">
      <Icon icon={Mail} size={18} />
      <span>{address === null ? t("mail_answers_offer") : t("mail_answers_go", { address })}</span>
      <button type="button" class="link-button" onClick={() => dispatch({ type: "mail_asked", what: "answers" })}>
        {t(address === null ? "mail_answers_leave" : "mail_answers_change")}
      </button>
      {address !== null && <Withdraw />}
    </p>
  );
}

/** At the end: the transcript. */
export function TranscriptOffer() {
  const { model, t, dispatch } = usePanel();
  if (!offers(model, "transcript")) return null;
  return (
    <button type="button" class="button button-plain mail-offer" onClick={() => dispatch({ type: "mail_asked", what: "transcript" })}>
      <Icon icon={Mail} size={18} />
      {t("mail_transcript")}
    </button>
  );
}
