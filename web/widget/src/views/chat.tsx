/** The conversation: its rows, what is happening with it now, and its end. */
import { Icon } from "@hutong/ui/icon";
import { ArrowDown } from "lucide";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { over, rowsOf } from "@hutong/chat";
import { AnswersLine, MailQuestion, TranscriptOffer } from "./by-mail.tsx";
import { CallLine, CallQuestion } from "./callback.tsx";
import { EarlierConversations } from "./earlier-conversations.tsx";
import { usePanel } from "./context.ts";
import { RowView } from "./rows.tsx";
import { EndQuestion, Standing } from "./standing.tsx";
import { RatingCard } from "./rating.tsx";

/** Nearer to the end than this counts as reading along. */
const NEAR_END = 80;

export function Chat() {
  const { model, t } = usePanel();
  const { box, onScroll, away, toEnd } = useReadingPlace();
  const rows = useMemo(() => rowsOf(model), [model.messages, model.outgoing]);
  const ended = model.conversation !== null && over(model.conversation);
  // Whoever is served has other things to look at: it stands in the menu.
  const waits = model.conversation !== null && model.conversation.state !== "active";
  return (
    <>
      <div class="reading">
        <div class="scroll" ref={box} onScroll={onScroll} tabIndex={0} role="region" aria-label={t("timeline")}>
          <Earlier />
          <ol class="rows">
            {rows.map((row) => <RowView key={row.key} row={row} />)}
          </ol>
          {model.typingUntil > 0 && !ended && (
            <p class="typing" aria-label={`${model.conversation?.agent_name ?? t("agent")} ${t("typing")}`} role="img">
              <span /><span /><span />
            </p>
          )}
          {ended && <RatingCard />}
          {ended && <TranscriptOffer />}
        </div>
        {away && (
          <button type="button" class="to-end" aria-label={t("jump_down")} onClick={toEnd}>
            <Icon icon={ArrowDown} size={20} />
          </button>
        )}
      </div>
      <Standing />
      {!model.callAsked && <CallLine />}
      {model.callAsked && <CallQuestion />}
      {waits && model.mailWish === null && !model.callAsked && <AnswersLine />}
      {model.mailWish !== null && <MailQuestion key={model.mailWish} wish={model.mailWish} />}
      {model.ending !== "no" && <EndQuestion />}
    </>
  );
}

function Earlier() {
  const { model, t, session } = usePanel();
  // Before the first word of this conversation stand those before it.
  if (model.history === "done" || (model.messages[0]?.seq ?? 1) <= 1) return <EarlierConversations />;
  if (model.history === "loading") return <p class="earlier" role="status">{t("history_loading")}</p>;
  return (
    <p class="earlier">
      <button type="button" class="link-button" onClick={() => void session.loadEarlier()}>
        {t(model.history === "failed" ? "history_failed" : "history_more")}
      </button>
    </p>
  );
}

/** Follows new words while the person reads along; stays put while they read further up. */
function useReadingPlace() {
  const { model } = usePanel();
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const before = useRef({ first: 0, height: 0 });
  const [away, setAway] = useState(false);
  const toEnd = () => box.current?.scrollTo({ top: box.current.scrollHeight });
  const onScroll = () => {
    const element = box.current;
    if (element === null) return;
    follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    before.current.height = element.scrollHeight;
    setAway(!follows.current);
  };
  const first = model.messages[0]?.seq ?? 0;
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const earlierCame = before.current.first > first && first > 0;
    if (earlierCame) {
      element.scrollTop += element.scrollHeight - before.current.height;
    } else if (follows.current) {
      element.scrollTop = element.scrollHeight;
    }
    before.current = { first, height: element.scrollHeight };
  }, [model.messages, model.outgoing, model.typingUntil > 0, model.conversation?.state, model.attachments.length, model.elder]);
  // The keyboard, a longer draft or a note take room from below: whoever reads along stays at the end.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => {
      if (follows.current) toEnd();
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  // The person's own new words are always shown.
  const ownCount = model.outgoing.length;
  useLayoutEffect(() => {
    if (ownCount > 0) toEnd();
  }, [ownCount]);
  // The grade opens more of the form below it.
  useLayoutEffect(() => {
    if (model.rating.grade !== null && follows.current) toEnd();
  }, [model.rating.grade, model.rating.state]);
  return { box, onScroll, away, toEnd };
}
