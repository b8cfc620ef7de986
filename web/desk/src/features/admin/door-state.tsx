/** How a channel stands: its connection where it keeps one, how far a mailbox was read, what last came, left and failed. */
import type { Schemas } from "@hutong/api-client";
import { dayText, Icon, timeText } from "@hutong/ui";
import { CircleAlert, CircleCheckBig, CloudOff } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { Group } from "./fields";

type Door = Schemas["DoorReport"];
type State = Schemas["ChannelState"];
type Kind = "email" | "im";

/** So often it is asked while somebody looks. */
const EVERY_MS = 3_000;

const SIGNS = { open: CircleCheckBig, failing: CircleAlert, elsewhere: CloudOff, closed: CloudOff } as const;
const stateOf = (door: Door): keyof typeof SIGNS => (door.state in SIGNS ? (door.state as keyof typeof SIGNS) : "closed");

const count = (many: number) => new Intl.NumberFormat(locale()).format(many);

const moment = (at: number) => `${dayText(at, now.value, locale())} ${timeText(at, locale())}`;

function Progress({ reading }: { reading: NonNullable<Door["reading"]> }) {
  const { taken, left } = reading;
  const text = t("email.state.reading", { taken: count(taken), left: count(left) });
  return (
    <>
      <progress class="admin-progress" max={taken + left} value={taken} aria-label={text} />
      <p class="quiet">{text}</p>
    </>
  );
}

/** Why it fails is said once: the last error says it too, with its time. */
function Line({ line, kind, said }: { line: Door; kind: Kind; said: string | undefined }) {
  const state = stateOf(line);
  return (
    <>
      <p class={state === "failing" ? "admin-step-bad" : "admin-step-ok"}>
        <Icon icon={SIGNS[state]} size={16} /> {t(`${kind}.state.${state}`, { since: typeof line.since === "number" ? moment(line.since) : "" })}
      </p>
      {line.why && line.why !== said && <p class="quiet">{t("email.state.why", { why: line.why })}</p>}
      {line.reading && <Progress reading={line.reading} />}
    </>
  );
}

const lastText = (at: number | null | undefined) => (typeof at === "number" ? moment(at) : "—");

function Heard({ state }: { state: State }) {
  const { last_error: error } = state;
  // An error is of today's concern only while nothing went well after it.
  const stands = error ? error.at > Math.max(state.last_event_at ?? 0, state.last_delivered_at ?? 0) : false;
  return (
    <>
      <p class="quiet" data-testid="last-event">{t("admin.state.event", { at: lastText(state.last_event_at) })}</p>
      <p class="quiet">{t("admin.state.delivered", { at: lastText(state.last_delivered_at) })}</p>
      {error && (
        <p class={stands ? "admin-step-bad" : "quiet"} data-testid="last-error" data-what={error.what}>
          {stands && <Icon icon={CircleAlert} size={16} />}
          <span>{t("admin.state.error", { at: moment(error.at), why: error.why })}{error.again_at && error.again_at > now.value && ` ${t("admin.state.again", { at: moment(error.again_at) })}`}</span>
        </p>
      )}
    </>
  );
}

export function DoorState({ id, kind }: { id: string; kind: Kind }) {
  const [state, setState] = useState<State | null>(null);
  useEffect(() => {
    let over = false;
    const look = () => {
      if (document.hidden) return;
      // What cannot be asked just now is shown as it was; the line's state is told elsewhere.
      api.get<State[]>("/channels/state").then((states) => { if (!over) setState(states.find((each) => each.channel === id) ?? null); }, () => undefined);
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => { over = true; clearInterval(timer); };
  }, [id]);
  if (state === null) return null;
  return (
    <Group title={t("email.state")}>
      <div class="admin-door" data-testid={kind === "email" ? "mailbox-state" : "door-state"} data-state={state.line ? stateOf(state.line) : "called"} aria-live="polite">
        {state.line && <Line line={state.line} kind={kind} said={state.last_error?.why} />}
        <Heard state={state} />
      </div>
    </Group>
  );
}
