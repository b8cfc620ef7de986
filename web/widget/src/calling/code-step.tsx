/** The code that was sent to a number: six digits, or another one, or another number. */
import { useEffect, useRef, useState } from "preact/hooks";
import { AskedField, Problem } from "./asked-field.tsx";
import type { CallSay } from "./texts/index.ts";

const DIGITS = 6;
/** How long nobody asks for another message, in milliseconds, unless the gateway names a time. */
export const RESEND_MS = 60_000;

interface Asked {
  number: string;
  t: CallSay;
  sending: boolean;
  /** What is wrong with the code, and with the rest. */
  problem: { code: string | null; form: string | null };
  /** From when on the code may be sent again. */
  resendAt: number;
  /** It was sent more than once. */
  again: boolean;
  onCode: (code: string) => void;
  onResend: () => void;
  onOther: () => void;
}

/** Seconds until then; counts down. */
function useSecondsTo(at: number): number {
  const left = () => Math.max(0, Math.ceil((at - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
  }, [at]);
  return seconds;
}

export function CodeStep({ number, t, sending, problem, resendAt, again, onCode, onResend, onOther }: Asked) {
  const field = useRef<HTMLInputElement>(null);
  const [code, setCode] = useState("");
  const [isShort, setShort] = useState(false);
  const seconds = useSecondsTo(resendAt);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (problem.code !== null) field.current?.select();
  }, [problem.code, sending]);
  const typed = (text: string) => {
    setShort(false);
    // People paste the code with its surroundings.
    setCode(text.replace(/\D/gu, "").slice(0, DIGITS));
  };
  const submit = () => {
    if (code.length === DIGITS) return onCode(code);
    setShort(true);
    field.current?.focus();
  };
  return (
    <form
      class="call-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <p id="code-hint" role="status">
        {t("code_sent", { number })}
        {again && ` ${t("code_sent_again")}`}
      </p>
      <AskedField
        id="code-field" label={t("code")} hintId="code-hint" field={field} type="text" inputMode="numeric" autocomplete="one-time-code" class="code-input"
        value={code} onValue={typed} problem={isShort ? t("refused_code_short") : problem.code}
      />
      {problem.form !== null && <Problem words={problem.form} />}
      <button type="submit" class="button" aria-disabled={sending}>{t(sending ? "sending" : "code_send")}</button>
      <div class="code-links">
        <button type="button" class="link-button" disabled={seconds > 0 || sending} onClick={onResend}>{seconds > 0 ? t("code_again_in", { n: seconds }) : t("code_again")}</button>
        <button type="button" class="link-button" onClick={onOther}>{t("code_other")}</button>
      </div>
    </form>
  );
}
