/** The admin pages: kinds at the left, one object a page. */
import "./admin.css";
import "../../texts/admin-catalogue";
import { Button, EmptyState, Spinner } from "@hutong/ui";
import { Plus, RefreshCw, Settings2, TriangleAlert } from "lucide";
import { useEffect } from "preact/hooks";
import { Link } from "../../core/link";
import { mayAs, maySee } from "../../core/names";
import { goTo, route } from "../../core/navigation";
import { problemText } from "../../core/problems";
import { KINDS, type AdminKind } from "../../core/routes.model";
import { t } from "../../texts/texts";
import { ApiKeys } from "./api-keys";
import { Editor } from "./editor";
import { RefusedNumbers } from "./refused-numbers";
import { blank, type Setting, type SettingKind } from "./model";
import { loadSettings, settings, settingsProblem, titleOf } from "./settings-store";
import { TryIt } from "./try-it";

/** The address of a setting that is not stored yet. No id may start with a dash. */
export const NEW = "-new";

function Kinds({ kind }: { kind: AdminKind }) {
  return (
    <nav class="admin-kinds" aria-label={t("rail.admin")}>
      <h1>{t("rail.admin")}</h1>
      {KINDS.filter(maySee).map((each) => (
        <Link key={each} to={{ page: "admin", kind: each, id: null }} aria-current={each === kind ? "page" : undefined}>
          {t(`admin.${each}`)}
        </Link>
      ))}
    </nav>
  );
}

function Objects({ kind, id }: { kind: SettingKind; id: string | null }) {
  const list = settings.value?.[kind] ?? [];
  return (
    <section class="admin-list" aria-label={t(`admin.${kind}`)}>
      <header>
        <h2>{t(`admin.${kind}`)}</h2>
        <Button size="s" icon={Plus} onClick={() => goTo({ page: "admin", kind, id: NEW })} data-testid="new">{t("admin.new")}</Button>
      </header>
      {list.length === 0 && <p class="quiet">{t(`admin.empty.${kind}`)}</p>}
      <ul>
        {list.map((one) => (
          <li key={one.id}>
            <Link to={{ page: "admin", kind, id: one.id }} aria-current={one.id === id ? "page" : undefined}>
              <b>{titleOf(one.value)}</b>
              <small>{one.id}</small>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Middle({ kind, id }: { kind: SettingKind; id: string | null }) {
  const all = settings.value;
  if (!all) return null;
  const found = (all[kind] as readonly Setting[]).find((one) => one.id === id);
  const fresh: Setting = { id: "", version: 0, updated_at: 0, updated_by: "", value: blank[kind]() };
  const one = id === NEW ? fresh : found;
  if (!one) {
    return id === null
      ? <EmptyState icon={Settings2} title={t("admin.choose")}>{t(`admin.about.${kind}`)}</EmptyState>
      : <EmptyState icon={Settings2} title={t("admin.gone")}>{t("admin.gone_text")}</EmptyState>;
  }
  return <Editor key={`${kind}/${id ?? ""}`} kind={kind} stored={one} />;
}

function Settings({ kind, id }: { kind: SettingKind; id: string | null }) {
  if (settings.value === null) {
    return (
      <div class="desk-waiting admin-wide">
        {settingsProblem.value
          ? <EmptyState icon={TriangleAlert} tone="danger" title={t("admin.failed")} action={<Button icon={RefreshCw} onClick={() => void loadSettings()}>{t("retry")}</Button>}>{problemText(settingsProblem.value)}</EmptyState>
          : <Spinner label={t("loading")} />}
      </div>
    );
  }
  return (
    <>
      <Objects kind={kind} id={id} />
      <main class="admin-page">
        <Middle kind={kind} id={id} />
        {kind === "queues" && id === null && <TryIt />}
      </main>
    </>
  );
}

export function AdminPage() {
  useEffect(() => {
    if (mayAs("admin")) void loadSettings();
  }, []);
  const here = route.value;
  if (here.page !== "admin") return null;
  return (
    <div class="admin" data-testid="admin">
      <Kinds kind={here.kind} />
      {here.kind === "api_keys" ? <ApiKeys /> : here.kind === "refused_numbers" ? <RefusedNumbers /> : <Settings kind={here.kind} id={here.id} />}
    </div>
  );
}
