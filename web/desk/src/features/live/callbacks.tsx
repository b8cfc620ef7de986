/** How people are called back, line by line, with what each number means. It is fetched when a supervisor looks. */
import "../../texts/callbacks-catalogue";
import { useEffect, useState } from "preact/hooks";
import { channelName } from "../../core/names";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { COLUMNS, valueText, type CallbackMeasures, type Column } from "./callbacks.model";

const EVERY_MS = 30_000;

function useMeasures() {
  const [rows, setRows] = useState<readonly CallbackMeasures[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    const away = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      try {
        setRows(await api.get<CallbackMeasures[]>("/reports/callbacks", {}, away.signal));
        setProblem(null);
      } catch (error) {
        if (!away.signal.aborted) setProblem(error);
      }
      if (!away.signal.aborted) timer = setTimeout(() => void look(), EVERY_MS);
    };
    void look();
    return () => {
      away.abort();
      clearTimeout(timer);
    };
  }, []);
  return { rows, problem };
}

const nameOf = (column: Column, secs: number) => t(`callbacks.${column}`, { n: secs });
const meaningOf = (column: Column, secs: number) => t(`callbacks.${column}_means`, { n: secs });

function Table({ rows, secs }: { rows: readonly CallbackMeasures[]; secs: number }) {
  return (
    <div class="callbacks-scroll" tabIndex={0} role="region" aria-label={t("callbacks.title")}>
      <table class="callbacks">
        <thead>
          <tr>
            <th scope="col">{t("callbacks.line")}</th>
            {COLUMNS.map((column) => <th key={column} scope="col" title={meaningOf(column, secs)}>{nameOf(column, secs)}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line} data-testid={`callbacks-${row.line}`}>
              <th scope="row">{channelName(row.line)}</th>
              {COLUMNS.map((column) => <td key={column}>{valueText(row, column, locale())}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Meaning({ secs }: { secs: number }) {
  return (
    <details class="callbacks-meaning">
      <summary>{t("callbacks.meaning")}</summary>
      <dl>
        {COLUMNS.map((column) => (
          <div key={column}>
            <dt>{nameOf(column, secs)}</dt>
            <dd>{meaningOf(column, secs)}</dd>
          </div>
        ))}
      </dl>
      <p>{t("callbacks.over_only")}</p>
    </details>
  );
}

export function Callbacks() {
  const { rows, problem } = useMeasures();
  const secs = rows?.[0]?.within_secs ?? 15;
  return (
    <section class="live-card" aria-label={t("callbacks.title")} data-testid="callbacks">
      <h2>{t("callbacks.title")}</h2>
      {problem !== null && (
        <p class="live-stale" role="status">{problemText(problem)}</p>
      )}
      {rows === null ? problem === null && <p class="quiet">{t("loading")}</p>
        : rows.length === 0 ? <p class="quiet">{t("callbacks.none")}</p>
        : <Table rows={rows} secs={secs} />}
      {rows !== null && rows.length > 0 && <Meaning secs={secs} />}
    </section>
  );
}
