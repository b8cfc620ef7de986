/** When somebody is to be called: as soon as possible, or on a day between two hours. */
import type { Locale } from "@hutong/api-client";
import { useId } from "preact/hooks";
import { Problem } from "./asked-field.tsx";
import type { CallSay } from "./texts/index.ts";
import { beginnings, dayValue, dayWords, endFor, ends, hourText, ownZone, sameClock, zoneName, type Day } from "./times.ts";

/** A day and two hours; null for as soon as possible. */
export type When = { day: Day; from: number; until: number } | null;

interface Shown {
  when: When;
  onWhen: (when: When) => void;
  /** The days to choose from; none where no time may be wished for. */
  days: readonly Day[];
  now: number;
  zone: string;
  ahead: number;
  locale: Locale;
  t: CallSay;
  problem: string | null;
}

/** The first time to choose on this day; hours of another day are kept where this one has them. */
export function whenOn(day: Day, before: When, { now, zone, ahead }: Pick<Shown, "now" | "zone" | "ahead">): When {
  const hours = beginnings(day, now, zone, ahead).map(({ hour }) => hour);
  // Who has no wish yet is offered a time at which people are awake.
  const wanted = before?.from ?? Math.max(9, hours[0] ?? 0);
  const from = hours.includes(wanted) ? wanted : (hours[0] ?? 0);
  return { day, from, until: endFor(day, from, zone, before === null ? undefined : before.until - before.from) };
}

function Hours({ label, value, hours, onHour }: { label: string; value: number; hours: readonly { hour: number }[]; onHour: (hour: number) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={String(value)} onChange={(event) => onHour(Number(event.currentTarget.value))}>
        {hours.map(({ hour }) => <option key={hour} value={String(hour)} selected={hour === value}>{hourText(hour)}</option>)}
      </select>
    </div>
  );
}

function Chooser({ when, onWhen, days, now, zone, ahead, locale, t }: Omit<Shown, "problem"> & { when: NonNullable<When> }) {
  const id = useId();
  const { day, from, until } = when;
  const choose = (value: string) => {
    const chosen = days.find((each) => dayValue(each) === value);
    if (chosen) onWhen(whenOn(chosen, when, { now, zone, ahead }));
  };
  return (
    <>
      <div class="when-chooser">
        <div class="field when-day">
          <label for={id}>{t("day")}</label>
          <select id={id} value={dayValue(day)} onChange={(event) => choose(event.currentTarget.value)}>
            {days.map((each) => <option key={dayValue(each)} value={dayValue(each)} selected={dayValue(each) === dayValue(day)}>{dayWords(each, now, zone, locale)}</option>)}
          </select>
        </div>
        <Hours label={t("from")} value={from} hours={beginnings(day, now, zone, ahead)} onHour={(hour) => onWhen({ day, from: hour, until: endFor(day, hour, zone, until - from) })} />
        <Hours label={t("until")} value={until} hours={ends(day, from, zone)} onHour={(hour) => onWhen({ day, from, until: hour })} />
      </div>
      {!sameClock(zone, ownZone(), now) && <p class="ask-hint">{t("zone", { zone: zoneName(zone, now, locale) })}</p>}
    </>
  );
}

export function WhenField(props: Shown) {
  const { when, onWhen, days, now, zone, ahead, t, problem } = props;
  const name = useId();
  const first = days[0];
  if (first === undefined) return null;
  return (
    <fieldset class="when" aria-describedby={problem === null ? undefined : `${name}-problem`}>
      <legend>{t("when")}</legend>
      <label class="when-choice">
        <input type="radio" name={name} checked={when === null} onChange={() => onWhen(null)} />
        <span>
          {t("soon")}
          <small>{t("soon_hint")}</small>
        </span>
      </label>
      <label class="when-choice">
        <input type="radio" name={name} checked={when !== null} onChange={() => onWhen(whenOn(first, null, { now, zone, ahead }))} />
        <span>{t("later")}</span>
      </label>
      {when !== null && <Chooser {...props} when={when} />}
      {problem !== null && <Problem id={`${name}-problem`} words={problem} />}
    </fieldset>
  );
}
