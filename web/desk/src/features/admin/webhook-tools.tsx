/** A webhook's secret, and deliveries that were given up. */
import type { Schemas } from "@hutong/api-client";
import { Button, Spinner } from "@hutong/ui";
import { KeyRound, RefreshCw } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { attempt } from "../../core/actions";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { Group } from "./fields";
import { SecretDialog } from "./secret";

type Dead = Schemas["DeadLetter"];

function DeadLetters({ id }: { id: string }) {
  const [dead, setDead] = useState<readonly Dead[] | null>(null);
  const load = () => void attempt(async () => setDead((await api.get<Dead[]>("/deliveries/dead")).filter((each) => each.endpoint === id)));
  useEffect(load, [id]);
  if (dead === null) return <Spinner label={t("loading")} />;
  if (dead.length === 0) return <p class="quiet">{t("admin.no_dead")}</p>;
  const again = (each: Dead) => void attempt(() => api.post(`/deliveries/${each.id}/retry`)).then(load);
  return (
    <ul class="admin-dead">
      {dead.map((each) => (
        <li key={each.id}>
          <span>{t("admin.dead", { reason: each.reason, tries: each.tries })}</span>
          <Button size="s" icon={RefreshCw} onClick={() => again(each)}>{t("retry")}</Button>
        </li>
      ))}
    </ul>
  );
}

export function WebhookTools({ id }: { id: string }) {
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = () => attempt(async () =>
    setSecret((await api.post<Schemas["ShownSecret"]>(`/webhooks/${encodeURIComponent(id)}/rotate_secret`)).secret));
  return (
    <>
      <Group title={t("admin.secret")} hint={t("admin.secret_hint")}>
        <div class="admin-buttons"><Button icon={KeyRound} onClick={() => void rotate()}>{t("admin.rotate")}</Button></div>
        {secret !== null && <SecretDialog title={t("admin.secret")} text={t("admin.secret_once")} secret={secret} onClose={() => setSecret(null)} />}
      </Group>
      <Group title={t("admin.dead_letters")}><DeadLetters id={id} /></Group>
    </>
  );
}
