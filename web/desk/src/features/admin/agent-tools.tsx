/** What can be done for an agent beside the settings: a one-time password, and ending all sessions. */
import type { Agent, Schemas } from "@hutong/api-client";
import { Button, say } from "@hutong/ui";
import { KeyRound, LogOut } from "lucide";
import { useState } from "preact/hooks";
import { attempt } from "../../core/actions";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { Group } from "./fields";
import { SecretDialog } from "./secret";

export function AgentTools({ agent }: { agent: Agent }) {
  const [password, setPassword] = useState<string | null>(null);
  const path = `/agents/${encodeURIComponent(agent.id)}`;
  const reset = () => attempt(async () => setPassword((await api.post<Schemas["OneTimePassword"]>(`${path}/password`)).password));
  const revoke = async () => {
    if (!window.confirm(t("admin.revoke_sure", { name: agent.name }))) return;
    if (await attempt(() => api.post(`${path}/revoke`))) say(t("admin.revoked", { name: agent.name }));
  };
  return (
    <Group title={t("admin.access")} hint={t("admin.access_hint")}>
      <div class="admin-buttons">
        <Button icon={KeyRound} onClick={() => void reset()} data-testid="reset-password">{t("admin.reset_password")}</Button>
        <Button icon={LogOut} onClick={() => void revoke()} data-testid="revoke">{t("admin.revoke")}</Button>
      </div>
      {password !== null && <SecretDialog title={t("admin.reset_password")} text={t("admin.password_once", { name: agent.name })} secret={password} onClose={() => setPassword(null)} />}
    </Group>
  );
}
