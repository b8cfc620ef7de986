/** The person's own conversations before this one: asked for when they may be wanted, read in place. */
import type { Message, Schemas } from "@hutong/api-client";
import { Icon } from "@hutong/ui/icon";
import { dayText } from "@hutong/ui/time";
import { ChevronDown, History } from "lucide";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { rowsOf } from "@hutong/chat";
import { usePanel } from "./context.ts";
import { RowView } from "./rows.tsx";

type Earlier = Schemas["EarlierConversation"];

function useList() {
  const { model, session } = usePanel();
  const [list, setList] = useState<readonly Earlier[]>([]);
  const [next, setNext] = useState<string | null>(null);
  // An answer to an earlier question may be about the person before: it is not shown to the next one.
  const asked = useRef(0);
  const load = async (before: string | null) => {
    const question = asked.current;
    try {
      const page = await session.api.get<Schemas["EarlierConversations"]>("/chat/conversations", before === null ? {} : { before });
      if (question !== asked.current) return;
      setList((known) => (before === null ? page.conversations : [...known, ...page.conversations]));
      setNext(page.next ?? null);
    } catch {
      // What was said before is a convenience: without it, the panel is as it was.
    }
  };
  useEffect(() => {
    asked.current += 1;
    setList([]);
    setNext(null);
    if (model.contact !== null) void load(null);
  }, [model.contact, model.conversation?.id]);
  return { list, more: next === null ? null : () => void load(next) };
}

export function EarlierConversations() {
  const { t } = usePanel();
  const { list, more } = useList();
  if (list.length === 0) return null;
  return (
    <section class="card before" aria-labelledby="before">
      <h3 id="before" class="card-title"><Icon icon={History} size={18} />{t("before")}</h3>
      {list.map((one) => <One key={one.id} one={one} />)}
      {more !== null && <button type="button" class="link-button" onClick={more}>{t("before_more")}</button>}
    </section>
  );
}

function One({ one }: { one: Earlier }) {
  const { model, t } = usePanel();
  const [open, setOpen] = useState(false);
  const at = one.closed_at ?? one.opened_at;
  const facts = [dayText(at, Date.now(), model.locale), one.agent_name ?? ""].filter((fact) => fact !== "");
  return (
    <details class="before-one" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="topic-text">
          <span class="topic-name">{one.words === "" ? t("before_files") : one.words}</span>
          <span class="topic-note">{facts.join(" · ")}</span>
        </span>
        <Icon icon={ChevronDown} size={20} />
      </summary>
      {open && <Log id={one.id} />}
    </details>
  );
}

/** The most messages that are read at once; the rest on request. */
const PAGE = 50;

function Log({ id }: { id: string }) {
  const { t, session } = usePanel();
  const [messages, setMessages] = useState<readonly Message[] | null>(null);
  const [failed, setFailed] = useState(false);
  const load = async (known: readonly Message[]) => {
    setFailed(false);
    const first = known[0]?.seq;
    try {
      const query = first === undefined ? { limit: PAGE } : { limit: PAGE, before_seq: first };
      const page = await session.api.get<Schemas["MessageList"]>(`/chat/conversations/${encodeURIComponent(id)}/messages`, query);
      setMessages([...page.messages, ...known]);
    } catch {
      setFailed(true);
    }
  };
  useEffect(() => void load([]), [id]);
  const rows = useMemo(() => rowsOf({ messages: [...(messages ?? [])], outgoing: [] }), [messages]);
  const again = <button type="button" class="link-button" onClick={() => void load(messages ?? [])}>{t(failed ? "history_failed" : "history_more")}</button>;
  if (messages === null) return failed ? again : <p role="status">{t("history_loading")}</p>;
  return (
    <>
      {(failed || (messages[0]?.seq ?? 1) > 1) && again}
      <ol class="rows">{rows.map((row) => <RowView key={row.key} row={row} />)}</ol>
    </>
  );
}
