/** The supervisor's view: what waits, who works, how the day goes. */
import "./live.css";
import { Button, EmptyState, Spinner } from "@hutong/ui";
import { Maximize2, Minimize2, RefreshCw, TriangleAlert } from "lucide";
import { later } from "../../core/later";
import { goTo, route } from "../../core/navigation";
import { problemText } from "../../core/problems";
import { desk } from "../../core/store";
import { t } from "../../texts/texts";
import { Agents } from "./agents";
import { live, liveProblem, lookNow, useLive } from "./live-store";
import { Queues } from "./queues";
import { Tiles } from "./tiles";
import { Waiting } from "./waiting";

/** Most desks have no telephones: what is told of them comes when it is needed. */
const Callbacks = later(() => import("./callbacks").then((module) => module.Callbacks), "part");
const calls = () => [...(desk.value?.channels.values() ?? [])].some((channel) => channel.calls === true);

function Stale() {
  if (!liveProblem.value || !live.value) return null;
  return <p class="live-stale" role="status">{t("live.stale", { why: problemText(liveProblem.value) })}</p>;
}

export function LivePage() {
  useLive();
  const here = route.value;
  if (here.page !== "live") return null;
  if (live.value === null) {
    return (
      <main class="desk-waiting">
        {liveProblem.value
          ? <EmptyState icon={TriangleAlert} tone="danger" title={t("live.failed")} action={<Button icon={RefreshCw} onClick={lookNow}>{t("retry")}</Button>}>{problemText(liveProblem.value)}</EmptyState>
          : <Spinner label={t("loading")} />}
      </main>
    );
  }
  const toggleWall = () => goTo({ ...here, wall: !here.wall });
  return (
    <main class={here.wall ? "live live-wall" : "live"} data-testid="live">
      <header class="live-head">
        <h1>{t("live.title")}</h1>
        <Stale />
        <Button size="s" icon={here.wall ? Minimize2 : Maximize2} onClick={toggleWall}>{here.wall ? t("live.unwall") : t("live.wall")}</Button>
      </header>
      <Tiles />
      <div class="live-columns">
        <Queues chosen={here.queue} />
        <Agents />
      </div>
      {calls() && <Callbacks />}
      {here.queue && <Waiting key={here.queue} queue={here.queue} />}
    </main>
  );
}
