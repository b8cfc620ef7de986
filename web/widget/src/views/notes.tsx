/** Quiet lines: the connection, and what did not work. */
import { Icon } from "@hutong/ui/icon";
import { CircleAlert, CloudOff } from "lucide";
import { lineWords } from "../model/select.ts";
import { isTextKey } from "../texts/index.ts";
import { usePanel } from "./context.ts";

export function LineNote() {
  const { model, t, session } = usePanel();
  const words = lineWords(model);
  const show = words !== null && isTextKey(words);
  return (
    <div class="line-note" role="status" data-shown={show}>
      {show && (
        <>
          <Icon icon={CloudOff} size={16} />
          <span>{t(words)}</span>
          {model.line === "replaced" && (
            <button type="button" class="link-button" onClick={() => session.continueHere()}>{t("continue_here")}</button>
          )}
          {model.line === "unauthenticated" && (
            <button type="button" class="link-button" onClick={() => session.startAgain()}>{t("start_again")}</button>
          )}
        </>
      )}
    </div>
  );
}

export function ProblemNote() {
  const { model, t, dispatch } = usePanel();
  const key = `problem_${model.problem?.code ?? ""}`;
  if (model.problem === null || !isTextKey(key)) return null;
  return (
    <div class="problem-note" role="alert">
      <Icon icon={CircleAlert} size={18} />
      <span>{t(key, model.problem.params)}</span>
      <button type="button" class="link-button" onClick={() => dispatch({ type: "problem_dismissed" })}>{t("problem_dismiss")}</button>
    </div>
  );
}
