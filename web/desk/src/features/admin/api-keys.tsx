/** API keys of integrations: the secret is shown once. */
import type { Schemas } from "@hutong/api-client";
import { Button, EmptyState, exactText, Field, relativeText, Select, Spinner } from "@hutong/ui";
import { KeyRound, Plus, Trash2, TriangleAlert } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { attempt } from "../../core/actions";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { named, ROLES } from "./fields";
import { SecretDialog } from "./secret";

type ApiKey = Schemas["KeyRow"];


function KeyRow({ one, onGone }: { one: ApiKey; onGone: () => void }) {
  const remove = () => {
    if (window.confirm(t("admin.key_sure", { name: one.name }))) void attempt(() => api.delete(`/api_keys/${encodeURIComponent(one.id)}`)).then(onGone);
  };
  return (
    <tr>
      <th scope="row">{one.name}</th>
      <td><code>hk_{one.id}_…</code></td>
      <td>{t(`role.${one.role}`)}</td>
      <td title={exactText(one.created_at, locale())}>{relativeText(one.created_at, now.value, locale())}</td>
      <td>{one.last_used_at ? relativeText(one.last_used_at, now.value, locale()) : t("admin.key_unused")}</td>
      <td><Button size="s" look="quiet" icon={Trash2} onClick={remove}>{t("admin.delete")}</Button></td>
    </tr>
  );
}

function NewKey({ onMade }: { onMade: (secret: string) => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("agent");
  const make = () => attempt(async () => {
    const made = await api.post<Schemas["ShownKey"]>("/api_keys", { name: name.trim(), role });
    setName("");
    onMade(made.key);
  });
  return (
    <form class="admin-new-key" onSubmit={(event) => { event.preventDefault(); void make(); }}>
      <Field label={t("admin.key_name")} hint={t("admin.key_name_hint")} value={name} onValue={setName} required />
      <Select label={t("admin.role")} value={role} onValue={setRole} choices={named("role", ROLES)} />
      <Button type="submit" look="primary" icon={Plus} disabled={name.trim() === ""}>{t("admin.key_make")}</Button>
    </form>
  );
}

export function ApiKeys() {
  const [keys, setKeys] = useState<readonly ApiKey[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const load = () => void api.get<ApiKey[]>("/api_keys").then((found) => { setKeys(found.filter((each) => !each.revoked_at)); setProblem(null); }, (error: unknown) => setProblem(error));
  useEffect(load, []);
  return (
    <main class="admin-page admin-wide">
      <div class="admin-editor">
        <header>
          <h2>{t("admin.api_keys")}</h2>
          <p class="quiet">{t("admin.about.api_keys")}</p>
        </header>
        <NewKey onMade={(made) => { setSecret(made); load(); }} />
        {problem ? <EmptyState icon={TriangleAlert} tone="danger" title={t("list.failed")} action={<Button onClick={load}>{t("retry")}</Button>}>{problemText(problem)}</EmptyState>
          : keys === null ? <Spinner label={t("loading")} />
          : keys.length === 0 ? <EmptyState icon={KeyRound} title={t("admin.no_keys")}>{t("admin.no_keys_text")}</EmptyState>
          : (
            <table class="admin-table">
              <thead><tr><th>{t("admin.key_name")}</th><th>{t("admin.key")}</th><th>{t("admin.role")}</th><th>{t("admin.key_created")}</th><th>{t("admin.key_used")}</th><th><span class="ui-sr">{t("admin.delete")}</span></th></tr></thead>
              <tbody>{keys.map((one) => <KeyRow key={one.id} one={one} onGone={load} />)}</tbody>
            </table>
          )}
      </div>
      {secret !== null && <SecretDialog title={t("admin.key")} text={t("admin.key_once")} secret={secret} onClose={() => setSecret(null)} />}
    </main>
  );
}
