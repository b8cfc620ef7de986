/** The log as a scroll: it stays at its end while one is there, and keeps its place while one reads back. */
import type { ConversationSummary } from "@hutong/api-client";
import { Icon, Spinner } from "@hutong/ui";
import { ArrowDown } from "lucide";
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { markRead } from "../../core/actions";
import { hasEarlier, type Log } from "../../core/log.model";
import { locale } from "../../core/preferences";
import { loadEarlier, typing } from "../../core/store";
import { t } from "../../texts/texts";
import { failuresIn } from "../letters/model";
import { changesIn } from "./changes.model";
import { Entries } from "./entries";
import { marksOf, pieceOf, pieces, timeline } from "./model";
import { PendingMessage } from "./pending";
import { TypingBubble } from "./typing-bubble";
import { useScroll } from "./use-scroll";

/** Pieces that did not change are the same nodes, and are not compared again. */
function usePieces(one: ConversationSummary, log: Log) {
  const drawn = useRef(new Map<number, { sign: string; node: VNode }>());
  const changes = useMemo(() => changesIn(log.messages), [log.messages]);
  const cut = useMemo(() => pieces(timeline(log.messages, changes.folded)), [log.messages]);
  const received = one.received_by_contact ?? 0;
  const marks = useMemo(() => marksOf(log.messages, one.read_by_contact, received), [log.messages, one.read_by_contact, received]);
  const failures = useMemo(() => failuresIn(log.messages), [log.messages]);
  return cut.map((piece) => {
    const inside = (seq: number) => piece.key === pieceOf(seq);
    const fates = piece.entries.flatMap((each) =>
      (each.type === "message" ? [failures.get(each.message.id) ?? [], changes.of.get(each.message.seq)?.turn ?? []].flat() : []));
    const sign = [piece.entries.length, piece.last, locale(), inside(marks.read) && marks.read,
      inside(marks.received) && marks.received, inside(marks.said) && marks.said, ...fates].join();
    const before = drawn.current.get(piece.key);
    if (before?.sign === sign) return before.node;
    const node = <Entries key={piece.key} entries={piece.entries} marks={marks} failures={failures} changes={changes.of} one={one} />;
    drawn.current.set(piece.key, { sign, node });
    return node;
  });
}

export function Timeline({ one, log }: { one: ConversationSummary; log: Log }) {
  const { box, onScroll, away, atEnd, toEnd } = useScroll(one.id, () => void loadEarlier(one.id));
  const nodes = usePieces(one, log);
  const last = log.messages.at(-1)?.seq ?? 0;
  useEffect(() => {
    const look = () => {
      if (!document.hidden && atEnd.current && last >= one.last_seq) markRead(one.id);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [one.id, one.last_seq, one.agent, last, away]);
  const isTyping = typing.value.get(one.id);
  return (
    <div class="timeline-frame">
      <div class="timeline" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={t("timeline.label")} aria-live="off" data-testid="timeline">
        <div class="timeline-inner">
          {log.status === "loading" && <p class="timeline-top"><Spinner label={t("loading")} /></p>}
          {log.status === "ready" && (
            <p class="timeline-top">
              {log.loadingEarlier ? <Spinner label={t("loading")} /> : hasEarlier(log)
                ? <button type="button" class="desk-link-button" onClick={() => void loadEarlier(one.id)}>{t("timeline.earlier")}</button>
                : t("timeline.start")}
            </p>
          )}
          {nodes}
          {log.pending.map((each) => <PendingMessage key={each.client_id} one={each} conversation={one.id} />)}
          {isTyping?.who === "contact" && <TypingBubble one={one} preview={isTyping.preview} />}
        </div>
      </div>
      {away && (
        <button type="button" class="timeline-down" onClick={toEnd} aria-label={t("timeline.down")}>
          <Icon icon={ArrowDown} />
          {one.last_seq > one.read_by_agent && t("timeline.new")}
        </button>
      )}
      <LastSpoken one={one} />
    </div>
  );
}

/** Says a new word of the contact once, for those who do not see it. */
function LastSpoken({ one }: { one: ConversationSummary }) {
  const last = one.last_message;
  const words = last?.author.type === "contact" ? last.text ?? t("message.file") : "";
  return <p class="ui-sr" role="status" aria-live="polite">{words}</p>;
}
