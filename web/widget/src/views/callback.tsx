/** To be called back instead of waiting: the question for the number, and how the call stands. */
import { ApiProblem, localized } from "@hutong/api-client";
import { Icon } from "@hutong/ui/icon";
import { CircleAlert, Phone } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { callRefusal, callWords, offersCall, wantedCall, type CallRefusal } from "../model/callback.ts";
import { usePanel } from "./context.ts";
import { whenText } from "./when.ts";

/** The longest number, in characters, with everything between its digits. */
const NUMBER_MAX = 64;

/** The question, in the place of the one before the end. */
export function CallQuestion() {
  const { t, dispatch } = usePanel();
  return (
    <section
      class="question mail-question"
      aria-labelledby="call-title"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        dispatch({ type: "call_dismissed" });
      }}
    >
      <p id="call-title">{t("call_title")}</p>
      <Form />
    </section>
  );
}

function Form() {
  const { model, session, t, dispatch } = usePanel();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<CallRefusal | null>(null);
  useEffect(() => input.current?.focus(), []);
  const consent = localized(model.channel?.callbacks?.consent ?? { "zh-CN": "", en: "" }, model.locale);
  const submit = async () => {
    if (sending) return;
    setSending(true);
    try {
      await session.api.put("/chat/callback", { number: text.trim() });
      dispatch({ type: "call_dismissed" });
    } catch (error) {
      setProblem(callRefusal(error instanceof ApiProblem ? error.code : "network"));
      setSending(false);
      input.current?.focus();
    }
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p class="mail-hint" id="call-hint">{t("call_hint")}</p>
      <div class="field">
        <label for="call-number">{t("call_number")}</label>
        <input
          id="call-number"
          ref={input}
          type="tel"
          inputMode="tel"
          autocomplete="tel"
          maxLength={NUMBER_MAX}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? "call-hint" : "call-problem"}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {problem !== null && (
          <p id="call-problem" class="field-problem" role="alert">
            <Icon icon={CircleAlert} size={16} />
            {t(problem)}
          </p>
        )}
      </div>
      {consent !== "" && <p class="mail-hint">{consent}</p>}
      <div class="question-buttons">
        <button type="button" class="button button-plain" onClick={() => dispatch({ type: "call_dismissed" })}>{t("mail_cancel")}</button>
        <button type="submit" class="button" aria-disabled={sending}>{t(sending ? "mail_sending" : "call_send")}</button>
      </div>
    </form>
  );
}

/** How the call stands, with a way out; or that it may be asked for. */
export function CallLine() {
  const { model, session, t, dispatch } = usePanel();
  const [cancelling, setCancelling] = useState(false);
  const [failed, setFailed] = useState(false);
  const callback = wantedCall(model);
  if (callback === null) {
    if (!offersCall(model) || model.conversation?.state === "active") return null;
    return (
      <p class="mail-line">
        <Icon icon={Phone} size={18} />
        <span>{t("call_offer")}</span>
        <button type="button" class="link-button" onClick={() => dispatch({ type: "call_asked" })}>{t("call_ask")}</button>
      </p>
    );
  }
  const cancel = async () => {
    if (cancelling) return;
    setCancelling(true);
    setFailed(false);
    try {
      await session.api.delete("/chat/callback");
    } catch {
      setFailed(true);
    }
    setCancelling(false);
  };
  const at = callback.next_at ?? callback.from;
  const when = typeof at === "number" ? whenText(at, Date.now(), model.locale, t) : "";
  return (
    <p class="mail-line" role="status">
      <Icon icon={Phone} size={18} />
      <span>{t(callWords(callback), { number: callback.number, when })}</span>
      {callback.state === "wanted" && (
        <button type="button" class="link-button" aria-disabled={cancelling} onClick={() => void cancel()}>{t("call_cancel")}</button>
      )}
      {failed && <span class="field-problem" role="alert">{t("call_refused_other")}</span>}
    </p>
  );
}
