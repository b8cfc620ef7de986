/** The conversation: its rows, how it stands, and what one can say. */
import { over, placeWords, rowsOf, waitWords, type Row, type WaitWords } from "@hutong/chat";
import { Icon } from "@hutong/ui/icon";
import { dayText } from "@hutong/ui/time";
import { Hourglass } from "lucide";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useApp } from "../state.ts";
import { isTextKey } from "../texts/index.ts";
import { Bubble, Pending } from "./bubble.tsx";
import { Composer } from "./composer.tsx";
import { Rating } from "./rating.tsx";

/** Closer to the end than this, the newest message comes into sight by itself. */
const NEAR_PX = 120;

export function ChatPage() {
  const { chat, state, t } = useApp();
  const { log, typing } = state;
  const list = useRef<HTMLDivElement>(null);
  const near = useRef(true);
  const rows = rowsOf(log);
  const first = rows[0]?.key;
  const height = useRef(0);
  useLayoutEffect(() => {
    const box = list.current;
    if (box === null) return;
    if (near.current) box.scrollTop = box.scrollHeight;
    height.current = box.scrollHeight;
  }, [rows.length, typing, log.conversation?.state]);
  useLayoutEffect(() => {
    // Earlier messages come in above; what is read stays where it is.
    const box = list.current;
    if (box !== null && !near.current) box.scrollTop += box.scrollHeight - height.current;
  }, [first]);
  const scrolled = () => {
    const box = list.current;
    if (box !== null) near.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
  };
  const ended = log.conversation !== null && over(log.conversation);
  return (
    <main class="chat">
      <div class="rows" ref={list} onScroll={scrolled} tabIndex={0} role="log" aria-label={t("chat")} data-testid="rows">
        {log.messages.length > 0 && log.history !== "done" && (
          <button type="button" class="text-button" disabled={log.history === "loading"} onClick={() => void chat.earlier().catch(() => undefined)}>{t("earlier")}</button>
        )}
        {rows.length === 0 && <p class="soft middle">{t("begin")}</p>}
        {rows.map((row) => <RowOf key={row.key} row={row} />)}
        {typing && <p class="bubble theirs dots" aria-label={t("typing")}><i /><i /><i /></p>}
        <Place />
        {ended && <Rating />}
      </div>
      <Composer />
    </main>
  );
}

function RowOf({ row }: { row: Row }) {
  const { state, t } = useApp();
  switch (row.kind) {
    case "day":
      return <p class="day">{dayText(row.at, Date.now(), state.locale)}</p>;
    case "notice": {
      const key = `notice_${row.message.notice?.code ?? "other"}`;
      // What changes another message is shown there.
      if (["edited", "taken_back", "reacted", "acknowledged"].includes(row.message.notice?.code ?? "")) return null;
      return <p class="notice">{t(isTextKey(key) ? key : "notice_other")}</p>;
    }
    case "said":
      return <Bubble message={row.message} mine={row.mine} first={row.first} last={row.last} />;
    case "outgoing":
      return <Pending outgoing={row.outgoing} />;
  }
}

/** The place in the queue and the wait, never more exact than they are. */
function Place() {
  const { chat, state, t } = useApp();
  const { conversation } = state.log;
  if (conversation?.state !== "queued" || !conversation.position) return null;
  const say = (words: WaitWords | null) => (words !== null && isTextKey(words.key) ? t(words.key, words.params) : "");
  const wait = say(waitWords(conversation.position));
  return (
    <section class="card place" aria-live="polite" data-testid="place">
      <Icon icon={Hourglass} size={26} />
      <div>
        <p><b>{say(placeWords(conversation.position))}</b></p>
        {wait !== "" && <p>{wait}</p>}
        {chat.registered && <p class="soft">{t("wait_push")}</p>}
      </div>
    </section>
  );
}
