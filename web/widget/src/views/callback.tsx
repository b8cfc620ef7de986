/** To be called back instead of waiting: the question for the number, and how the call stands. */
import { ApiProblem, localized } from "@hutong/api-client";
import { Icon } from "@hutong/ui/icon";
import { Phone } from "lucide";
import { callRefusal, callWords, offersCall, wantedCall } from "../model/callback.ts";
import { AskForm, AskQuestion, TakeBack } from "./ask-form.tsx";
import { usePanel } from "./context.ts";
import { whenText } from "./when.ts";

/** The longest number, in characters, with everything between its digits. */
const NUMBER_MAX = 64;

/** The question, in the place of the one before the end. */
export function CallQuestion() {
  const { model, session, dispatch } = usePanel();
  const dismiss = () => dispatch({ type: "call_dismissed" });
  const consent = localized(model.channel?.callbacks?.consent ?? { "zh-CN": "", en: "" }, model.locale);
  const ask = async (number: string) => {
    try {
      await session.api.put("/chat/callback", { number });
    } catch (error) {
      return callRefusal(error instanceof ApiProblem ? error.code : "network");
    }
    dismiss();
    return null;
  };
  return (
    <AskQuestion name="call" asks="call_title" dismiss={dismiss}>
      <AskForm name="call" type="tel" maxLength={NUMBER_MAX} asksFor="call_number" hint="call_hint" send="call_send" ask={ask} dismiss={dismiss}>
        {consent !== "" && <p class="ask-hint">{consent}</p>}
      </AskForm>
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
      {callback.state === "wanted" && <TakeBack take={() => session.api.delete("/chat/callback")} words="call_cancel" failure="call_refused_other" />}
    </p>
  );
}
