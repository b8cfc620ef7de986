/** Five grades 好差评 at the end, with words if the person likes. */
import { Icon } from "@hutong/ui/icon";
import { Annoyed, CircleCheck, Frown, Laugh, Meh, Smile } from "lucide";
import { useState } from "preact/hooks";
import { COMMENT_MAX } from "../model/model.ts";
import { usePanel } from "./context.ts";

/** From the best to the worst, as the national scale has it. */
const GRADES = [
  { grade: 5, icon: Laugh, key: "grade_5" },
  { grade: 4, icon: Smile, key: "grade_4" },
  { grade: 3, icon: Meh, key: "grade_3" },
  { grade: 2, icon: Annoyed, key: "grade_2" },
  { grade: 1, icon: Frown, key: "grade_1" },
] as const;

export function RatingCard() {
  const { model, t } = usePanel();
  const [changing, setChanging] = useState(false);
  const { rating } = model;
  const done = rating.state === "done" && !changing;
  return (
    <section class="card rating" aria-label={t("over_title")}>
      {done ? <Given onChange={() => setChanging(true)} /> : <Ask onSent={() => setChanging(false)} />}
      <p class="rating-hint">{t("over_hint")}</p>
    </section>
  );
}

function Given({ onChange }: { onChange: () => void }) {
  const { model, t } = usePanel();
  const given = GRADES.find((one) => one.grade === model.rating.grade);
  return (
    <p class="rating-given" role="status">
      <Icon icon={CircleCheck} size={20} />
      <span>
        <strong>{t("rate_done")}</strong>
        {given !== undefined && <span>{t("rate_given", { grade: t(given.key) })}</span>}
      </span>
      <button type="button" class="link-button" onClick={onChange}>{t("rate_change")}</button>
    </p>
  );
}

function Ask({ onSent }: { onSent: () => void }) {
  const { model, t, dispatch, session } = usePanel();
  const { rating } = model;
  const sending = rating.state === "sending";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (sending || rating.grade === null) return;
        session.rate();
        onSent();
      }}
    >
      <fieldset class="grades">
        <legend class="card-title">{t("rate_title")}</legend>
        {GRADES.map(({ grade, icon, key }) => (
          <label key={grade} class="grade">
            <input
              type="radio"
              name="grade"
              value={grade}
              checked={rating.grade === grade}
              onChange={() => dispatch({ type: "grade_chosen", grade })}
            />
            <span class="grade-face"><Icon icon={icon} size={28} /></span>
            <span class="grade-name">{t(key)}</span>
          </label>
        ))}
      </fieldset>
      {rating.grade !== null && (
        <>
          <label class="field">
            <span>{t("rate_comment")}</span>
            <textarea
              rows={2}
              maxLength={COMMENT_MAX}
              value={rating.comment}
              onInput={(event) => dispatch({ type: "comment_typed", text: event.currentTarget.value })}
            />
          </label>
          <button type="submit" class="button" aria-disabled={sending}>{t(sending ? "rate_sending" : "rate_send")}</button>
        </>
      )}
    </form>
  );
}
