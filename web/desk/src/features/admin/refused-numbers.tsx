/** Numbers that nobody calls, because somebody asked for it. */
import type { Schemas } from "@hutong/api-client";
import { Button, EmptyState, exactText, Field, relativeText, Spinner } from "@hutong/ui";
import { ChevronDown, PhoneOff, Plus, Trash2, TriangleAlert } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { attempt } from "../../core/actions";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { NOTE_MAX } from "../call/model";

type RefusedNumber = Schemas["NumberRefused"];

const PATH = "/phone/refused-numbers";
/** The numbers on one page of the gateway. */
const PAGE = 200;

function Row({ one, onGone }: { one: RefusedNumber; onGone: () => void }) {
  const remove = () => {
    if (window.confirm(t("refused.sure", { number: one.number }))) void attempt(() => api.delete(`${PATH}/${encodeURIComponent(one.id)}`)).then((done) => done && onGone());
  };
  return (
    <tr data-testid="refused-number">
      <th scope="row">{one.number}</th>
      <td>{t(`refused.by.${one.by}`)}</td>
      <td title={exactText(one.since, locale())}>{relativeText(one.since, now.value, locale())}</td>
      <td>{one.note}</td>
      <td><Button size="s" look="quiet" icon={Trash2} onClick={remove}>{t("refused.remove")}</Button></td>
    </tr>
  );
}

function Add({ onAdded }: { onAdded: () => void }) {
  const [number, setNumber] = useState("");
  const [note, setNote] = useState("");
  const add = async () => {
    if (!(await attempt(() => api.post(PATH, { number: number.trim(), note: note.trim() })))) return;
    setNumber("");
    setNote("");
    onAdded();
  };
  return (
    <form class="admin-new-key" onSubmit={(event) => { event.preventDefault(); void add(); }}>
      <Field label={t("call.number")} hint={t("call.number_hint")} value={number} onValue={setNumber} maxLength={64} required data-testid="refused-add-number" />
      <Field label={t("refused.note")} value={note} onValue={setNote} maxLength={NOTE_MAX} />
      <Button type="submit" look="primary" icon={Plus} disabled={number.trim() === ""} data-testid="refused-add">{t("refused.add")}</Button>
    </form>
  );
}

/** What was read of the list, page by page. */
function useNumbers() {
  const [numbers, setNumbers] = useState<readonly RefusedNumber[] | null>(null);
  const [more, setMore] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const load = async (before: readonly RefusedNumber[] = []) => {
    try {
      const after = before.at(-1)?.id;
      const page = await api.get<RefusedNumber[]>(PATH, { after });
      setNumbers([...before, ...page]);
      setMore(page.length >= PAGE);
      setProblem(null);
    } catch (error) {
      setProblem(error);
    }
  };
  useEffect(() => void load(), []);
  return { numbers, more, problem, load };
}

function List({ numbers, onGone }: { numbers: readonly RefusedNumber[]; onGone: () => void }) {
  return (
    <table class="admin-table">
      <thead><tr><th>{t("refused.number")}</th><th>{t("refused.by")}</th><th>{t("refused.since")}</th><th>{t("refused.note")}</th><th><span class="ui-sr">{t("refused.remove")}</span></th></tr></thead>
      <tbody>{numbers.map((one) => <Row key={one.id} one={one} onGone={onGone} />)}</tbody>
    </table>
  );
}

export function RefusedNumbers() {
  const { numbers, more, problem, load } = useNumbers();
  return (
    <main class="admin-page admin-wide">
      <div class="admin-editor">
        <header>
          <h2>{t("admin.refused_numbers")}</h2>
          <p class="quiet">{t("admin.about.refused_numbers")}</p>
        </header>
        <Add onAdded={() => void load()} />
        {problem ? <EmptyState icon={TriangleAlert} tone="danger" title={t("list.failed")} action={<Button onClick={() => void load()}>{t("retry")}</Button>}>{problemText(problem)}</EmptyState>
          : numbers === null ? <Spinner label={t("loading")} />
          : numbers.length === 0 ? <EmptyState icon={PhoneOff} title={t("refused.none")} />
          : <List numbers={numbers} onGone={() => void load()} />}
        {more && numbers && <div class="admin-buttons"><Button icon={ChevronDown} onClick={() => void load(numbers)}>{t("refused.more")}</Button></div>}
      </div>
    </main>
  );
}
