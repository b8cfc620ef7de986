/** Prepared answers after a slash: arrow keys choose, Enter or Tab takes. */
import type { QuickReply } from "@hutong/api-client";
import { useEffect, useState } from "preact/hooks";
import { desk } from "../../core/store";
import { inWords, t } from "../../texts/texts";
import { findReplies } from "./model";

export interface RepliesState {
  found: readonly QuickReply[];
  chosen: number;
  open: boolean;
  onKey: (event: KeyboardEvent, choose: (reply: QuickReply) => void) => boolean;
  aria: Record<string, string>;
}

const LIST_ID = "quick-replies";

/** `alone`: nothing but the search is written, so that nobody wonders why nothing is shown. */
export function useQuickReplies(query: string | null, alone: boolean): RepliesState {
  const [chosen, choose] = useState(0);
  const [dismissed, dismiss] = useState(false);
  useEffect(() => {
    choose(0);
    if (query === null) dismiss(false);
  }, [query]);
  const asked = query !== null && !dismissed;
  const found = asked ? findReplies(desk.value?.quickReplies ?? [], query) : [];
  const open = asked && (alone || found.length > 0);
  const onKey = (event: KeyboardEvent, take: (reply: QuickReply) => void): boolean => {
    if (!open || event.isComposing) return false;
    const reply = found[chosen];
    if (event.key === "ArrowDown") choose((chosen + 1) % Math.max(1, found.length));
    else if (event.key === "ArrowUp") choose((chosen + found.length - 1) % Math.max(1, found.length));
    else if (event.key === "Escape") dismiss(true);
    else if ((event.key === "Enter" || event.key === "Tab") && reply && !event.ctrlKey && !event.metaKey) take(reply);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const aria: Record<string, string> = found.length > 0
    ? { "aria-controls": LIST_ID, "aria-autocomplete": "list", "aria-activedescendant": `${LIST_ID}-${chosen}` }
    : {};
  return { found, chosen, open, onKey, aria };
}

export function QuickReplies({ state, onChoose }: { state: RepliesState; onChoose: (reply: QuickReply) => void }) {
  if (!state.open) return null;
  if (state.found.length === 0) return <div class="quick"><p class="quick-none">{t("quick.none")}</p></div>;
  return (
    <div class="quick">
      <p class="quick-head">{t("quick.head")}</p>
      <ul role="listbox" id={LIST_ID} aria-label={t("quick.head")}>
        {state.found.map((reply, n) => (
          <li
            key={reply.id}
            id={`${LIST_ID}-${n}`}
            role="option"
            aria-selected={n === state.chosen}
            onMouseDown={(event) => {
              event.preventDefault();
              onChoose(reply);
            }}
          >
            <code>/{reply.id}</code>
            <b>{inWords(reply.title, reply.id)}</b>
            <span>{inWords(reply.text)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
