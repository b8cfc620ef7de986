/** A form that asks for a mail address, the question around such a form, and the way back. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { AskedField } from "../calling/asked-field.tsx";
import type { TextKey } from "../texts/index.ts";
import { usePanel } from "./context.ts";

interface Asking {
  maxLength: number;
  asksFor: TextKey;
  hint: TextKey;
  send: TextKey;
  /** Asks; gives the words of a refusal, or null when it is done. */
  ask: (text: string) => Promise<TextKey | null>;
  dismiss: () => void;
}

export function AskForm({ maxLength, asksFor, hint, send, ask, dismiss }: Asking) {
  const { t } = usePanel();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<TextKey | null>(null);
  useEffect(() => input.current?.focus(), []);
  const submit = async () => {
    if (sending) return;
    setSending(true);
    const refused = await ask(text.trim());
    setSending(false);
    setProblem(refused);
    if (refused !== null) input.current?.focus();
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p class="ask-hint" id="mail-hint">{t(hint)}</p>
      <AskedField
        id="mail-field" label={t(asksFor)} hintId="mail-hint" field={input} type="email" inputMode="email" autocomplete="email" maxLength={maxLength}
        value={text} onValue={setText} problem={problem === null ? null : t(problem)}
      />
      <div class="question-buttons">
        <button type="button" class="button button-plain" onClick={dismiss}>{t("mail_cancel")}</button>
        <button type="submit" class="button" aria-disabled={sending}>{t(sending ? "mail_sending" : send)}</button>
      </div>
    </form>
  );
}

/** The question around it, in the place of the one before the end. */
export function AskQuestion({ name, asks, dismiss, children }: { name: string; asks: TextKey; dismiss: () => void; children: ComponentChildren }) {
  const { t } = usePanel();
  return (
    <section
      class="question ask-question"
      aria-labelledby={`${name}-title`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        dismiss();
      }}
    >
      <p id={`${name}-title`}>{t(asks)}</p>
      {children}
    </section>
  );
}

/** Takes something back that was asked for; a failure is told. */
export function TakeBack({ take, words, failure }: { take: () => Promise<unknown>; words: TextKey; failure: TextKey }) {
  const { t } = usePanel();
  const [sending, setSending] = useState(false);
  const [failed, setFailed] = useState(false);
  const submit = async () => {
    if (sending) return;
    setSending(true);
    setFailed(false);
    try {
      await take();
    } catch {
      setFailed(true);
    }
    setSending(false);
  };
  return (
    <>
      <button type="button" class="link-button" aria-disabled={sending} onClick={() => void submit()}>{t(words)}</button>
      {failed && <span class="field-problem" role="alert">{t(failure)}</span>}
    </>
  );
}
