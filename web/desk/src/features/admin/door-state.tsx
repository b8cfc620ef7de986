/** How a door that keeps a connection stands: connected, how far a mailbox was read, or why it cannot be reached. */
import type { Schemas } from "@hutong/api-client";
import { dayText, Icon, timeText } from "@hutong/ui";
import { CircleAlert, CircleCheckBig, CircleDashed } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { Group } from "./fields";

export type Door = Schemas["DoorReport"];

/** So often it is asked while somebody looks. */
const EVERY_MS = 3_000;

const SIGNS = { open: CircleCheckBig, failing: CircleAlert, elsewhere: CircleDashed, closed: CircleDashed } as const;
type State = keyof typeof SIGNS;
const stateOf = (door: Door | undefined): State => (door && door.state in SIGNS ? (door.state as State) : "closed");

const count = (many: number) => new Intl.NumberFormat(locale()).format(many);

const moment = (at: number) => `${dayText(at, now.value, locale())} ${timeText(at, locale())}`;

function Progress({ reading }: { reading: NonNullable<Door["reading"]> }) {
  const { taken, left } = reading;
  const text = t("email.state.reading", { taken: count(taken), left: count(left) });
  return (
    <>
      <progress class="admin-progress" max={taken + left} value={taken} aria-label={text} />
      <p class="quiet" data-testid="mailbox-reading">{text}</p>
    </>
  );
}

export function DoorState({ id, kind }: { id: string; kind: "email" | "im" }) {
  const [door, setDoor] = useState<Door | null>(null);
  useEffect(() => {
    let over = false;
    const look = () => {
      if (document.hidden) return;
      // What cannot be asked just now is shown as it was; the line's state is told elsewhere.
      api.get<Schemas["System"]>("/system").then((system) => { if (!over) setDoor(system.doors.find((each) => each.channel === id) ?? null); }, () => undefined);
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => { over = true; clearInterval(timer); };
  }, [id]);
  if (door === null) return null;
  const state = stateOf(door);
  return (
    <Group title={t("email.state")}>
      <div class="admin-door" data-testid={kind === "email" ? "mailbox-state" : "door-state"} data-state={state} aria-live="polite">
        <p class={state === "failing" ? "admin-step-bad" : "admin-step-ok"}>
          <Icon icon={SIGNS[state]} size={16} /> {t(`${kind}.state.${state}`, { since: typeof door.since === "number" ? moment(door.since) : "" })}
        </p>
        {door.why && <p class="quiet">{t("email.state.why", { why: door.why })}</p>}
        {door.reading && <Progress reading={door.reading} />}
      </div>
    </Group>
  );
}
