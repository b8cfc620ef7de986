/** One setting on its page: what it does in words, its form, who changed it, and conflicts. */
import { ApiProblem, type FieldProblem } from "@hutong/api-client";
import { Button, Field, say } from "@hutong/ui";
import { Save, Trash2 } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { actorName } from "../../core/names";
import { goTo, guardLeaving } from "../../core/navigation";
import { problemText } from "../../core/problems";
import { t } from "../../texts/texts";
import { Alert } from "../sign-in/door";
import { AgentTools } from "./agent-tools";
import { ChannelTools } from "./channel-tools";
import { DoorState } from "./door-state";
import { FormOf } from "./forms";
import { isId, same, type Setting, type SettingKind, type Values } from "./model";
import { deleteSetting, saveSetting, settings, titleOf, undoSetting } from "./settings-store";
import { summaryOf } from "./summary";
import { Changes } from "./versions";
import { WebhookTools } from "./webhook-tools";

function Summary({ kind, value }: { kind: SettingKind; value: Values[SettingKind] }) {
  return (
    <ul class="admin-summary" data-testid="summary">
      {summaryOf(kind, value).map((sentence) => <li key={sentence}>{sentence}</li>)}
    </ul>
  );
}

function Conflict({ theirs, takeTheirs, keepMine }: { theirs: Setting | undefined; takeTheirs: () => void; keepMine: () => void }) {
  return (
    <div class="admin-conflict" role="alert" data-testid="conflict">
      <p>{theirs ? t("admin.conflict", { who: actorName(theirs.updated_by) }) : t("admin.conflict_gone")}</p>
      {theirs && <Button size="s" onClick={takeTheirs}>{t("admin.take_theirs")}</Button>}
      <Button size="s" onClick={keepMine}>{t("admin.keep_mine")}</Button>
    </div>
  );
}

function useEditor(kind: SettingKind, stored: Setting) {
  const [value, setValue] = useState(stored.value);
  const [version, setVersion] = useState(stored.version);
  const [base, setBase] = useState(stored.value);
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState(false);
  const [problem, setProblem] = useState("");
  const [errors, setErrors] = useState<readonly FieldProblem[]>([]);
  const changed = !same(value, base);
  const theirs = (settings.value?.[kind] as readonly Setting[] | undefined)?.find((one) => one.id === value.id);
  useEffect(() => {
    guardLeaving(changed ? () => window.confirm(t("admin.leave")) : null);
    return () => guardLeaving(null);
  }, [changed]);
  const show = (one: Setting | undefined) => {
    if (!one) return;
    setValue(one.value);
    setBase(one.value);
    setVersion(one.version);
  };
  const save = async () => {
    setBusy(true);
    setProblem("");
    setErrors([]);
    try {
      if ((await saveSetting(kind, { ...stored, version, value })) === "conflict") {
        setConflict(true);
        return;
      }
      guardLeaving(null);
      // As it is stored: secrets are marks from now on.
      show((settings.value?.[kind] as readonly Setting[] | undefined)?.find((one) => one.id === value.id));
      say(t("admin.saved", { name: titleOf(value) }));
      goTo({ page: "admin", kind, id: value.id }, "replace");
    } catch (error) {
      setProblem(problemText(error));
      if (error instanceof ApiProblem) setErrors(error.errors);
    } finally {
      setBusy(false);
    }
  };
  const remove = async () => {
    if (!window.confirm(t("admin.delete_sure", { name: titleOf(value) }))) return;
    setBusy(true);
    try {
      await deleteSetting(kind, value.id);
      guardLeaving(null);
      goTo({ page: "admin", kind, id: null });
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  const undo = async () => {
    setProblem("");
    try {
      const done = await undoSetting(kind, value.id, version);
      show((settings.value?.[kind] as readonly Setting[] | undefined)?.find((one) => one.id === value.id));
      say(done === "saved" ? t("versions.undone", { name: titleOf(value) }) : t("versions.stale"), done === "saved" ? undefined : "danger");
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  const takeTheirs = () => {
    show(theirs);
    setConflict(false);
  };
  const keepMine = () => {
    setVersion(theirs?.version ?? 0);
    setConflict(false);
  };
  return { value, setValue, changed, busy, conflict, problem, errors, theirs, save, remove, undo, takeTheirs, keepMine };
}

function Tools({ kind, value, stored, onValue }: { kind: SettingKind; value: Values[SettingKind]; stored: Setting; onValue: (value: Values[SettingKind]) => void }) {
  if (stored.version === 0) return null;
  if (kind === "agents") return <AgentTools agent={value as Values["agents"]} />;
  if (kind === "channels") return <ChannelTools channel={value as Values["channels"]} onValue={onValue} />;
  return kind === "webhooks" ? <WebhookTools id={value.id} /> : null;
}

function Door({ channel: { id, kind } }: { channel: Values["channels"] }) {
  return kind === "email" || kind === "im" ? <DoorState id={id} kind={kind} /> : null;
}

export function Editor({ kind, stored }: { kind: SettingKind; stored: Setting }) {
  const editor = useEditor(kind, stored);
  const { value, setValue, busy } = editor;
  const isNew = stored.version === 0;
  const badId = value.id !== "" && !isId(value.id);
  return (
    <form class="admin-editor" data-testid="editor" onSubmit={(event) => { event.preventDefault(); void editor.save(); }}>
      <header>
        <h2>{isNew ? t(`admin.new.${kind}`) : titleOf(value)}</h2>
        {!isNew && <Changes kind={kind} one={stored} mayUndo={!editor.changed && !busy} onUndo={editor.undo} />}
      </header>
      {!isNew && <Summary kind={kind} value={value} />}
      {!isNew && kind === "channels" && <Door channel={value as Values["channels"]} />}
      {editor.conflict && <Conflict theirs={editor.theirs} takeTheirs={editor.takeTheirs} keepMine={editor.keepMine} />}
      {editor.problem && <Alert>{editor.problem}</Alert>}
      {isNew && (
        <Field label={t("admin.id")} hint={t("admin.id_hint")} value={value.id} required spellcheck={false} problem={badId ? t("admin.id_bad") : undefined}
          onValue={(id) => setValue({ ...value, id })} />
      )}
      <FormOf kind={kind} value={value} onValue={setValue} errors={editor.errors} isNew={isNew} />
      <footer>
        {!isNew && <Button look="quiet" icon={Trash2} disabled={busy} onClick={() => void editor.remove()}>{t("admin.delete")}</Button>}
        <Button type="submit" look="primary" icon={Save} busy={busy} disabled={!editor.changed || badId || editor.conflict} data-testid="save">{t("admin.save")}</Button>
      </footer>
      <Tools kind={kind} value={value} stored={stored} onValue={setValue} />
    </form>
  );
}
