/** The wish to be called: the number, the time, and where it is asked for, the code that was sent to the number. */
import type { Locale } from "@hutong/api-client";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AskedField, Problem } from "./asked-field.tsx";
import { CodeStep, RESEND_MS } from "./code-step.tsx";
import { staysAtCode, wordsOf, type Place, type Refusal } from "./refusals.ts";
import { callVoiceOf } from "./texts/index.ts";
import { daysAhead, knownZone, windowOf, type Window } from "./times.ts";
import { WhenField, whenOn, type When } from "./when-field.tsx";

/** The longest number, in characters, with everything between its digits. */
const NUMBER_MAX = 64;

export interface Wish extends Window {
  number?: string;
  code?: string;
}

interface Asking {
  locale: Locale;
  /** What is asked for. */
  asks: { number: boolean; when: boolean };
  /** In which zone times are chosen, and how many days ahead. */
  zone: string;
  ahead: number;
  /** The number gets a code before it is called. */
  verify: boolean;
  /** It begins with a time to choose, not with as soon as possible. */
  later?: boolean;
  /** What stands on the button. */
  send: string;
  /** Asks; gives the refusal, or null when it is done. */
  ask: (wish: Wish) => Promise<Refusal | null>;
  dismiss: () => void;
  /** What stands above the buttons. */
  children?: ComponentChildren;
}

export function CallForm(props: Asking) {
  const { locale, asks, ahead, ask } = props;
  const t = useMemo(() => callVoiceOf(locale), [locale]);
  const zone = useMemo(() => knownZone(props.zone), [props.zone]);
  const [now] = useState(Date.now);
  const [number, setNumber] = useState("");
  const days = useMemo(() => daysAhead(now, zone, ahead), [now, zone, ahead]);
  const [when, setWhen] = useState<When>(() => (props.later && days[0] ? whenOn(days[0], null, { now, zone, ahead }) : null));
  const [step, setStep] = useState<"wish" | "code">("wish");
  const [sent, setSent] = useState({ times: 0, again: 0 });
  const [sending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const said = refusal === null ? null : wordsOf(refusal);
  const problemAt = (place: Place) => (said?.place === place ? t(said.key, { n: said.minutes }) : null);

  const submit = async (code?: string) => {
    if (sending) return;
    const window = when === null ? {} : windowOf(when.day, when.from, when.until, zone);
    if (window === null) return setRefusal({ code: "invalid", path: "from", retryAfterMs: null });
    setSending(true);
    const refused = await ask({ ...(asks.number ? { number: number.trim() } : {}), ...window, ...(code === undefined ? {} : { code }) });
    setSending(false);
    if (refused === null) return;
    if (refused.code === "code_needed") setSent(({ times }) => ({ times: times + 1, again: Date.now() + (refused.retryAfterMs ?? RESEND_MS) }));
    if (refused.code === "rate_limited") setSent(({ times }) => ({ times, again: Date.now() + (refused.retryAfterMs ?? RESEND_MS) }));
    setRefusal(refused.code === "code_needed" ? null : refused);
    setStep((before) => (refused.code === "code_needed" || (before === "code" && staysAtCode(refused)) ? "code" : "wish"));
  };

  if (step === "code") {
    return (
      <CodeStep
        number={number.trim()} t={t} sending={sending} problem={{ code: problemAt("code"), form: problemAt("form") }} resendAt={sent.again} again={sent.times > 1}
        onCode={(code) => void submit(code)} onResend={() => void submit()}
        onOther={() => { setRefusal(null); setStep("wish"); setSent({ times: 0, again: 0 }); }}
      />
    );
  }
  return (
    <WishForm {...props} t={t} number={number} onNumber={setNumber} sending={sending} refused={refusal} problemAt={problemAt} submit={() => void submit()}>
      {asks.when && <WhenField when={when} onWhen={setWhen} days={days} now={now} zone={zone} ahead={ahead} locale={locale} t={t} problem={problemAt("time")} />}
      {props.children}
    </WishForm>
  );
}

interface Wishing extends Asking {
  t: ReturnType<typeof callVoiceOf>;
  number: string;
  onNumber: (number: string) => void;
  sending: boolean;
  refused: Refusal | null;
  problemAt: (place: Place) => string | null;
  submit: () => void;
}

function WishForm({ t, asks, verify, number, onNumber, sending, refused, problemAt, submit, send, dismiss, children }: Wishing) {
  const form = useRef<HTMLFormElement>(null);
  const field = useRef<HTMLInputElement>(null);
  // Whoever opens it goes on there; whoever is refused, where it is to be mended.
  useEffect(() => {
    if (problemAt("form") !== null) return;
    (asks.number && problemAt("time") === null ? field.current : form.current?.querySelector<HTMLElement>("input:checked, select"))?.focus();
  }, [refused]);
  return (
    <form
      ref={form}
      class="call-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {asks.number && (
        <>
          <AskedField
            id="call-field" label={t("number")} hintId="call-hint" field={field} type="tel" inputMode="tel" autocomplete="tel" maxLength={NUMBER_MAX}
            value={number} onValue={onNumber} problem={problemAt("number")}
          />
          <p class="ask-hint" id="call-hint">{verify ? t("verify_hint") : t("number_hint")}</p>
        </>
      )}
      {children}
      {problemAt("form") !== null && <Problem words={problemAt("form") ?? ""} />}
      <div class="question-buttons">
        <button type="button" class="button button-plain" onClick={dismiss}>{t("back")}</button>
        <button type="submit" class="button" aria-disabled={sending}>{sending ? t("sending") : send}</button>
      </div>
    </form>
  );
}
