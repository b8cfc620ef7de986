/** To be called back instead of waiting: the question for the number, and how the call stands. */
import { Icon } from "@hutong/ui/icon";
import { Phone } from "lucide";
import { h } from "preact";
import { useEffect, useState } from "preact/hooks";
import { callWords, offersCall, wantedCall } from "../model/callback.ts";
import { AskQuestion, TakeBack } from "./ask-form.tsx";
import { usePanel } from "./context.ts";
import { whenText } from "./when.ts";

type Question = () => ReturnType<typeof AskQuestion>;

/** What was fetched once is there at once. */
let fetched: Question | null = null;

/** The question, in the place of the one before the end. Most people never ask it, so it is fetched when it is asked. */
export function CallQuestion() {
  const { t, dispatch } = usePanel();
  const [state, setState] = useState<"loading" | "here" | "failed">(fetched ? "here" : "loading");
  useEffect(() => {
    if (state !== "loading") return;
    import("./call-question.tsx").then(
      (view) => {
        fetched = view.CallQuestion;
        setState("here");
      },
      () => setState("failed"),
    );
  }, [state]);
  if (fetched) return h(fetched, {});
  const dismiss = () => dispatch({ type: "call_dismissed" });
  return (
    <AskQuestion name="call" asks="call_title" dismiss={dismiss}>
      <p role="status">{t(state === "failed" ? "failed_title" : "loading")}</p>
      {state === "failed" && (
        <div class="question-buttons">
          <button type="button" class="button button-plain" onClick={dismiss}>{t("mail_cancel")}</button>
          <button type="button" class="button" onClick={() => setState("loading")}>{t("retry")}</button>
        </div>
      )}
    </AskQuestion>
  );
}

/** How the call stands, with a way out; or that it may be asked for. */
export function CallLine() {
  const { model, session, t, dispatch } = usePanel();
  const callback = wantedCall(model);
  if (callback === null) {
    if (!offersCall(model) || model.conversation?.state === "active") return null;
    return (
      <p class="ask-line">
        <Icon icon={Phone} size={18} />
        <span>{t("call_offer")}</span>
        <button type="button" class="link-button" onClick={() => dispatch({ type: "call_asked" })}>{t("call_ask")}</button>
      </p>
    );
  }
  const at = callback.next_at ?? callback.from;
  const when = typeof at === "number" ? whenText(at, Date.now(), model.locale, t) : "";
  return (
    <p class="ask-line" role="status">
      <Icon icon={Phone} size={18} />
      <span>{t(callWords(callback), { number: callback.number, when })}</span>
      {callback.state === "wanted" && <button type="button" class="link-button" onClick={() => dispatch({ type: "call_asked" })}>{t("call_change")}</button>}
      {callback.state === "wanted" && <TakeBack take={() => session.api.delete("/chat/callback")} words="call_cancel" failure="call_refused_other" />}
    </p>
  );
}
