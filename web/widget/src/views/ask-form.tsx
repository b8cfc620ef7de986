/** A form that asks for one thing: a mail address, a telephone number. */
import { Icon } from "@hutong/ui/icon";
import { CircleAlert } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { TextKey } from "../texts/index.ts";
import { usePanel } from "./context.ts";

const FIELDS = {
  email: { type: "email", inputMode: "email", autocomplete: "email" },
  tel: { type: "tel", inputMode: "tel", autocomplete: "tel" },
} as const;

interface Asking {
  /** Names the field and what describes it. */
  name: "mail" | "call";
  type: keyof typeof FIELDS;
  maxLength: number;
  asksFor: TextKey;
  hint: TextKey;
  send: TextKey;
  /** Asks; gives the words of a refusal, or null when it is done. */
  ask: (text: string) => Promise<TextKey | null>;
  dismiss: () => void;
  /** What stands above the buttons. */
  children?: ComponentChildren;
}

export function AskForm({ name, type, maxLength, asksFor, hint, send, ask, dismiss, children }: Asking) {
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
      <p class="ask-hint" id={`${name}-hint`}>{t(hint)}</p>
      <div class="field">
        <label for={`${name}-field`}>{t(asksFor)}</label>
        <input
          id={`${name}-field`}
          ref={input}
          {...FIELDS[type]}
          maxLength={maxLength}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? `${name}-hint` : `${name}-problem`}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {problem !== null && (
          <p id={`${name}-problem`} class="field-problem" role="alert">
            <Icon icon={CircleAlert} size={16} />
            {t(problem)}
          </p>
        )}
      </div>
      {children}
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
