/** Asks for a mail address: for the transcript, or for answers after the person has left. */
import { ApiProblem } from "@hutong/api-client";
import { Icon } from "@hutong/ui/icon";
import { CircleAlert, CircleCheck, Mail } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { looksLikeAddress, offers, refusalWords, type RefusalWords } from "../model/by-mail.ts";
import type { MailWish } from "../model/model.ts";
import { usePanel } from "./context.ts";

/** The question, in the place of the one before the end. */
export function MailQuestion({ wish }: { wish: MailWish }) {
  const { t, dispatch } = usePanel();
  const [sentTo, setSentTo] = useState<string | null>(null);
  return (
    <section
      class="question mail-question"
      aria-labelledby="mail-title"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        dispatch({ type: "mail_dismissed" });
      }}
    >
      <p id="mail-title">{t(wish === "transcript" ? "mail_transcript_title" : "mail_answers_title")}</p>
      {sentTo === null ? <Form wish={wish} onSent={setSentTo} /> : <Sent wish={wish} address={sentTo} />}
    </section>
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

function Form({ wish, onSent }: { wish: MailWish; onSent: (address: string) => void }) {
  const { t, dispatch } = usePanel();
  const ask = useAsking(wish);
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<RefusalWords | null>(null);
  useEffect(() => input.current?.focus(), []);
  const submit = async () => {
    const email = text.trim();
    if (sending) return;
    setSending(true);
    const refused = looksLikeAddress(email) ? await ask(email) : refusalWords("invalid");
    setSending(false);
    setProblem(refused);
    if (refused === null) onSent(email);
    else input.current?.focus();
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p class="mail-hint" id="mail-hint">{t(wish === "transcript" ? "mail_transcript_hint" : "mail_answers_hint")}</p>
      <div class="field">
        <label for="mail-address">{t("mail_address")}</label>
        <input
          id="mail-address"
          ref={input}
          type="email"
          inputMode="email"
          autocomplete="email"
          maxLength={254}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? "mail-hint" : "mail-problem"}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {problem !== null && (
          <p id="mail-problem" class="field-problem" role="alert">
            <Icon icon={CircleAlert} size={16} />
            {t(problem)}
          </p>
        )}
      </div>
      <div class="question-buttons">
        <button type="button" class="button button-plain" onClick={() => dispatch({ type: "mail_dismissed" })}>{t("mail_cancel")}</button>
        <button type="submit" class="button" aria-disabled={sending}>
          {t(sending ? "mail_sending" : wish === "transcript" ? "mail_transcript_send" : "mail_answers_send")}
        </button>
      </div>
    </form>
  );
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
  const { session, t } = usePanel();
  const [sending, setSending] = useState(false);
  const [failed, setFailed] = useState(false);
  const withdraw = async () => {
    if (sending) return;
    setSending(true);
    setFailed(false);
    try {
      await session.api.delete("/chat/address");
    } catch {
      setFailed(true);
    }
    setSending(false);
  };
  return (
    <>
      <button type="button" class="link-button" aria-disabled={sending} onClick={() => void withdraw()}>{t("mail_answers_withdraw")}</button>
      {failed && <span class="field-problem" role="alert">{t("mail_refused_other")}</span>}
    </>
  );
}

/** While the person waits: where the answer goes, or that it may go somewhere. */
export function AnswersLine() {
  const { model, t, dispatch } = usePanel();
  if (!offers(model, "answers")) return null;
  const address = model.conversation?.mail_address ?? null;
  return (
    <p class="mail-line">
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
