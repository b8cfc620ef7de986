/** The question for the number and the time of a call. It is fetched when somebody asks to be called. */
import { localized } from "@hutong/api-client";
import { CallForm, type Wish } from "../calling/call-form.tsx";
import { refusalOf } from "../calling/refusals.ts";
import { ownZone } from "../calling/times.ts";
import { AskQuestion } from "./ask-form.tsx";
import { usePanel } from "./context.ts";

export function CallQuestion() {
  const { model, session, t, dispatch } = usePanel();
  const dismiss = () => dispatch({ type: "call_dismissed" });
  const callbacks = model.channel?.callbacks;
  const consent = localized(callbacks?.consent ?? { "zh-CN": "", en: "" }, model.locale);
  const ask = async (wish: Wish) => {
    try {
      await session.api.put("/chat/callback", wish);
    } catch (error) {
      return refusalOf(error);
    }
    dismiss();
    return null;
  };
  return (
    <AskQuestion name="call" asks="call_title" dismiss={dismiss}>
      <CallForm
        locale={model.locale} asks={{ number: true, when: true }} zone={ownZone()} ahead={callbacks?.days_ahead ?? 0} verify={callbacks?.verify === true}
        send={t("call_send")} ask={ask} dismiss={dismiss}
      >
        {consent !== "" && <p class="ask-hint">{consent}</p>}
      </CallForm>
    </AskQuestion>
  );
}
