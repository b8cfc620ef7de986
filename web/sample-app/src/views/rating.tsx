/** How it was, once it is over. */
import { Icon, type IconNode } from "@hutong/ui/icon";
import { CircleCheckBig, Frown, Laugh, Meh, Smile, Annoyed } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../state.ts";
import type { TextKey } from "../texts/index.ts";

const GRADES: readonly { grade: number; icon: IconNode }[] = [
  { grade: 5, icon: Laugh }, { grade: 4, icon: Smile }, { grade: 3, icon: Meh }, { grade: 2, icon: Annoyed }, { grade: 1, icon: Frown },
];
const COMMENT_CHARS_MAX = 1000;

export function Rating() {
  const { app, chat, state, t } = useApp();
  const [grade, setGrade] = useState<number | null>(null);
  const [comment, setComment] = useState("");
  const card = useRef<HTMLElement>(null);
  // What opens below the grades comes into sight.
  useEffect(() => {
    if (grade !== null) card.current?.scrollIntoView({ block: "end" });
  }, [grade]);
  if (state.rated) return <p class="card rated" role="status" data-testid="rated"><Icon icon={CircleCheckBig} size={22} />{t("rated")}</p>;
  const send = () => {
    if (grade === null) return;
    chat.rate(grade, comment);
    app.set({ rated: true });
  };
  return (
    <section class="card" ref={card} data-testid="rating">
      <fieldset class="grades">
        <legend>{t("rate")}</legend>
        {GRADES.map((one) => (
          <label key={one.grade} class="grade">
            <input type="radio" name="grade" value={one.grade} checked={grade === one.grade} onChange={() => setGrade(one.grade)} />
            <Icon icon={one.icon} size={28} /><span>{t(`grade_${String(one.grade)}` as TextKey)}</span>
          </label>
        ))}
      </fieldset>
      {grade !== null && (
        <>
          <textarea class="ui-input" rows={2} maxLength={COMMENT_CHARS_MAX} aria-label={t("comment")} placeholder={t("comment")} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
          <button type="button" class="wide-button strong" onClick={send} data-testid="rate-send">{t("rate_send")}</button>
        </>
      )}
    </section>
  );
}
