/** Who changed a setting, what of it and when; and the button that takes back the last change. */
import { Button, Dialog, exactText, relativeText } from "@hutong/ui";
import { History, Undo2 } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { now } from "../../core/clock";
import { actorName } from "../../core/names";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { t, tOr } from "../../texts/texts";
import type { Setting, SettingKind } from "./model";
import { loadVersions, type Version } from "./settings-store";

function whatText(one: Version): string {
  if (one.deleted) return t("versions.deleted");
  if (one.version === 1) return t("versions.made");
  return one.fields.map((field) => tOr(`field.${field}`, field)).join(t("list.comma")) || t("versions.unknown");
}

function List({ versions }: { versions: readonly Version[] }) {
  return (
    <ol class="admin-versions" reversed>
      {versions.map((one) => (
        <li key={one.version} value={one.version}>
          <b>{whatText(one)}</b>
          <small title={exactText(one.changed_at, locale())}>{actorName(one.changed_by)} · {relativeText(one.changed_at, now.value, locale())}</small>
        </li>
      ))}
    </ol>
  );
}

/** The last change in a line, with the way to the others and back. */
export function Changes({ kind, one, mayUndo, onUndo }: { kind: SettingKind; one: Setting; mayUndo: boolean; onUndo: () => Promise<void> }) {
  const [versions, setVersions] = useState<readonly Version[]>([]);
  const [problem, setProblem] = useState("");
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let current = true;
    loadVersions(kind, one.id).then((found) => current && setVersions(found), (error: unknown) => current && setProblem(problemText(error)));
    return () => {
      current = false;
    };
  }, [kind, one.id, one.version]);
  const undo = async () => {
    setBusy(true);
    await onUndo();
    setBusy(false);
  };
  const last = versions[0]?.version === one.version ? versions[0] : undefined;
  return (
    <div class="admin-changed">
      <p class="quiet" title={exactText(one.updated_at, locale())} data-testid="changed">
        {t("admin.changed", { who: actorName(one.updated_by), when: relativeText(one.updated_at, now.value, locale()), version: one.version })}
        {last && last.version > 1 && ` · ${whatText(last)}`}
      </p>
      <Button size="s" look="quiet" icon={History} onClick={() => setOpen(true)} data-testid="versions">{t("versions.show")}</Button>
      {one.version > 1 && <Button size="s" look="quiet" icon={Undo2} busy={busy} disabled={!mayUndo} onClick={() => void undo()} data-testid="undo">{t("versions.undo")}</Button>}
      {open && (
        <Dialog title={t("versions.title")} closeLabel={t("close")} onClose={() => setOpen(false)} testId="versions-dialog">
          {problem ? <p role="alert">{problem}</p> : <List versions={versions} />}
        </Dialog>
      )}
    </div>
  );
}
