/** How the conversation stands: the place in the queue, closed hours; and the question before ending it. */
import { localized, type ChatState } from "@hutong/api-client";
import { placeWords, waitWords, type WaitWords as Words } from "@hutong/chat";
import { Icon } from "@hutong/ui/icon";
import { CalendarClock, Hourglass } from "lucide";
import { useEffect, useRef } from "preact/hooks";
import { isTextKey } from "../texts/index.ts";
import { usePanel, type Panel } from "./context.ts";
import { whenText } from "./when.ts";

export function Standing() {
  const { model, t } = usePanel();
  const { conversation } = model;
  if (conversation === null) return null;
  switch (conversation.state) {
    case "queued":
    case "offered":
      return <Waiting conversation={conversation} />;
    case "scheduled":
      return <Scheduled conversation={conversation} />;
    case "snoozed":
      return (
        <aside class="standing">
          <span class="standing-icon"><Icon icon={CalendarClock} size={20} /></span>
          <p class="standing-title">{t("snoozed_text")}</p>
        </aside>
      );
    case "active":
    case "wrap_up":
    case "closed":
      return null;
  }
}

function Waiting({ conversation }: { conversation: ChatState }) {
  const { model, t } = usePanel();
  const { position } = conversation;
  const queue = localized(conversation.queue_name, model.locale);
  // To be the next of nobody is no comfort.
  const alone = position?.agents === 0 && position.before_max === 0;
  const place = position && !alone ? inWords(placeWords(position), t) : null;
  const wait = position ? inWords(waitWords(position), t) : null;
  return (
    <aside class="standing" aria-label={t("queue_title")}>
      <span class="standing-icon standing-pulse"><Icon icon={Hourglass} size={20} /></span>
      <div>
        <p class="standing-title">
          {place === null && wait !== null ? capital(wait)
          : place === null ? [t("queue_title"), queue].filter((words) => words !== "").join(" · ")
          : wait === null ? place
          : t("wait_joined", { place, wait })}
        </p>
        <p class="standing-text">{t("wait_tip")}</p>
      </div>
    </aside>
  );
}

function Scheduled({ conversation }: { conversation: ChatState }) {
  const { model, t } = usePanel();
  const at = conversation.opens_at;
  return (
    <aside class="standing" aria-label={t("scheduled_title")}>
      <span class="standing-icon"><Icon icon={CalendarClock} size={20} /></span>
      <div>
        <p class="standing-title">{t("scheduled_title")}</p>
        <p class="standing-text">
          {typeof at === "number" ? t("scheduled_text", { when: whenText(at, Date.now(), model.locale, t) }) : t("scheduled_text_unknown")}
        </p>
      </div>
    </aside>
  );
}

/** As the beginning of a sentence. */
function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function inWords(words: Words | null, t: Panel["t"]): string | null {
  return words !== null && isTextKey(words.key) ? t(words.key, words.params) : null;
}

export function EndQuestion() {
  const { model, t, dispatch, session } = usePanel();
  const stay = useRef<HTMLButtonElement>(null);
  useEffect(() => stay.current?.focus(), []);
  const sending = model.ending === "sending";
  return (
    <div
      class="question"
      role="alertdialog"
      aria-labelledby="end-question"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        dispatch({ type: "end_dismissed" });
      }}
    >
      <p id="end-question">{t("end_question")}</p>
      <div class="question-buttons">
        <button ref={stay} type="button" class="button button-plain" onClick={() => dispatch({ type: "end_dismissed" })}>
          {t("end_no")}
        </button>
        <button type="button" class="button button-danger" aria-disabled={sending} onClick={() => !sending && session.end()}>
          {t("end_yes")}
        </button>
      </div>
    </div>
  );
}
