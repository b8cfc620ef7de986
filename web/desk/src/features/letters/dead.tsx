/** What was given up on its way out: letters of conversations, and what webhooks should have got. */
import type { ConversationSummary, DeadLetter, Schemas } from "@hutong/api-client";
import { Button, EmptyState, exactText, Icon, relativeText, say, Spinner } from "@hutong/ui";
import { MailCheck, MailX, RefreshCw, Search, TriangleAlert, Webhook } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { attempt } from "../../core/actions";
import { now } from "../../core/clock";
import { goTo } from "../../core/navigation";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { PAGE_MESSAGES } from "../../core/store";
import { t } from "../../texts/texts";
import { conversationOf } from "./model";
import { countStuck } from "./stuck-counts";
import { givenUp, type GivenUp } from "./stuck.model";

/** Which letter it is: asked for only when somebody wants to know, because reading a conversation is in the audit trail. */
function useGivenUp(one: DeadLetter, conversation: string | null) {
  const [found, setFound] = useState<GivenUp | null>(null);
  const [busy, setBusy] = useState(false);
  const look = async () => {
    if (conversation === null) return;
    setBusy(true);
    await attempt(async () => {
      const summary = await api.get<ConversationSummary>(`/conversations/${conversation}`);
      const { messages } = await api.get<Schemas["MessageList"]>(`/conversations/${conversation}/messages`, { before_seq: summary.last_seq + 1, limit: PAGE_MESSAGES });
      setFound(givenUp(one, summary, messages));
    });
    setBusy(false);
  };
  return { found, busy, look };
}

function Which({ found }: { found: GivenUp }) {
  return (
    <div class="dead-which">
      <p>{found.recipient ? t("letters.dead_whom", { who: found.recipient }) : t("letters.dead_whom_unknown")}{found.contact && ` · ${found.contact}`}</p>
      {found.words && <p class="dead-words">{found.words}</p>}
    </div>
  );
}

function DeadRow({ one, onRetry }: { one: DeadLetter; onRetry: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const conversation = conversationOf(one.endpoint);
  const { found, busy: looking, look } = useGivenUp(one, conversation);
  const retry = async () => {
    setBusy(true);
    await onRetry();
    setBusy(false);
  };
  return (
    <li class="dead" data-testid="dead-letter">
      <Icon icon={conversation ? MailX : Webhook} size={18} />
      <div>
        <p class="dead-title"><b>{conversation ? found?.subject || t("letters.dead_letter") : t("letters.dead_webhook", { id: one.endpoint })}</b></p>
        {found && <Which found={found} />}
        <p class="quiet" title={exactText(one.at, locale())}>
          {t("letters.tried", { n: one.tries })} · {t("letters.given_up_at", { when: relativeText(one.at, now.value, locale()) })}
        </p>
        <details class="stuck-technical">
          <summary>{t("letters.technical")}</summary>
          <p lang="en" class="stuck-detail-text">{one.reason}</p>
          {conversation && <p class="quiet">{t("letters.dead_to", { id: conversation })}</p>}
        </details>
      </div>
      <div class="dead-ways">
        {conversation && !found && <Button size="s" icon={Search} busy={looking} onClick={() => void look()}>{t("letters.dead_look")}</Button>}
        {conversation && found && <Button size="s" onClick={() => goTo({ page: "work", tab: "done", conversation, q: "" })}>{t("letters.dead_open")}</Button>}
        <Button size="s" look="quiet" icon={RefreshCw} busy={busy} onClick={() => void retry()}>{t("letters.retry")}</Button>
      </div>
    </li>
  );
}

export function DeadLetters() {
  const [dead, setDead] = useState<readonly DeadLetter[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const load = () => api.get<DeadLetter[]>("/deliveries/dead").then(
    (found) => {
      setDead(found);
      setProblem(null);
    },
    (error: unknown) => setProblem(error),
  );
  useEffect(() => void load(), []);
  const retry = async (one: DeadLetter) => {
    if (!(await attempt(() => api.post(`/deliveries/${encodeURIComponent(one.id)}/retry`)))) return;
    say(t("letters.dead_retried"));
    await Promise.all([load(), countStuck()]);
  };
  if (problem) return <EmptyState icon={TriangleAlert} tone="danger" title={t("letters.failed")} action={<Button icon={RefreshCw} onClick={() => void load()}>{t("retry")}</Button>}>{problemText(problem)}</EmptyState>;
  if (dead === null) return <div class="desk-waiting"><Spinner label={t("loading")} /></div>;
  if (dead.length === 0) return <EmptyState icon={MailCheck} title={t("letters.dead_empty")}>{t("letters.dead_empty_text")}</EmptyState>;
  return <ul class="dead-list">{dead.map((one) => <DeadRow key={one.id} one={one} onRetry={() => retry(one)} />)}</ul>;
}
