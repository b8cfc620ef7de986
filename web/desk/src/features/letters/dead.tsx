/** What was given up on its way out: letters of conversations, and what webhooks should have got. */
import type { DeadLetter } from "@hutong/api-client";
import { Button, EmptyState, exactText, Icon, relativeText, say, Spinner } from "@hutong/ui";
import { MailCheck, MailX, RefreshCw, TriangleAlert, Webhook } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { attempt } from "../../core/actions";
import { now } from "../../core/clock";
import { Link } from "../../core/link";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { conversationOf } from "./model";

function DeadRow({ one, onRetry }: { one: DeadLetter; onRetry: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const conversation = conversationOf(one.endpoint);
  const retry = async () => {
    setBusy(true);
    await onRetry();
    setBusy(false);
  };
  return (
    <li class="dead" data-testid="dead-letter">
      <Icon icon={conversation ? MailX : Webhook} size={18} />
      <div>
        <p>
          {conversation
            ? <Link to={{ page: "work", tab: "done", conversation, q: "" }} title={t("letters.dead_open")}>{t("letters.dead_to", { id: conversation })}</Link>
            : t("letters.dead_webhook", { id: one.endpoint })}
        </p>
        <p class="dead-reason">{one.reason}</p>
        <p class="quiet" title={exactText(one.at, locale())}>
          {t("letters.tried", { n: one.tries })} · {t("letters.given_up_at", { when: relativeText(one.at, now.value, locale()) })}
        </p>
      </div>
      <Button size="s" icon={RefreshCw} busy={busy} onClick={() => void retry()} data-testid="dead-retry">{t("letters.retry")}</Button>
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
    await load();
  };
  if (problem) return <EmptyState icon={TriangleAlert} tone="danger" title={t("letters.failed")} action={<Button icon={RefreshCw} onClick={() => void load()}>{t("retry")}</Button>}>{problemText(problem)}</EmptyState>;
  if (dead === null) return <div class="desk-waiting"><Spinner label={t("loading")} /></div>;
  if (dead.length === 0) return <EmptyState icon={MailCheck} title={t("letters.dead_empty")}>{t("letters.dead_empty_text")}</EmptyState>;
  return <ul class="dead-list">{dead.map((one) => <DeadRow key={one.id} one={one} onRetry={() => retry(one)} />)}</ul>;
}
