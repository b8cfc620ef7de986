/** Opening hours: a week, and the days that differ. */
import { Field, TextArea } from "@hutong/ui";
import { useState } from "preact/hooks";
import { locale } from "../../core/preferences";
import { t } from "../../texts/texts";
import { Group } from "./fields";
import type { FormProps } from "./forms";
import { readDays, readHours, writeDays, writeHours } from "./model";

type Days = Record<string, { from: string; to: string }[]>;

/** 5 January 1970 was a Monday. */
const dayName = (day: number) => new Intl.DateTimeFormat(locale(), { weekday: "long", timeZone: "UTC" }).format(Date.UTC(1970, 0, 5 + day));

function Day({ day, value, onValue }: FormProps<"calendars"> & { day: number }) {
  const [text, setText] = useState(writeHours(value.week[day] ?? []));
  const hours = readHours(text);
  const take = (typed: string) => {
    setText(typed);
    const found = readHours(typed);
    if (found) onValue({ ...value, week: value.week.map((each, n) => (n === day ? found : each)) });
  };
  return <Field label={dayName(day)} placeholder={t("admin.closed_day")} value={text} onValue={take} problem={hours ? undefined : t("admin.hours_bad")} />;
}

export function CalendarForm({ value, onValue }: FormProps<"calendars">) {
  const [days, setDays] = useState(writeDays((value.days ?? {}) as Days));
  const read = readDays(days);
  const take = (typed: string) => {
    setDays(typed);
    const found = readDays(typed);
    if (found) onValue({ ...value, days: found as unknown as Record<string, never> });
  };
  return (
    <>
      <Field label={t("admin.time_zone")} hint={t("admin.time_zone_hint")} value={value.time_zone} onValue={(time_zone) => onValue({ ...value, time_zone })} required spellcheck={false} />
      <Group title={t("admin.week")} hint={t("admin.week_hint")}>
        <div class="admin-week">{[0, 1, 2, 3, 4, 5, 6].map((day) => <Day key={day} day={day} value={value} onValue={onValue} />)}</div>
      </Group>
      <Group title={t("admin.days")} hint={t("admin.days_hint")}>
        <TextArea bare label={t("admin.days")} rows={6} value={days} onValue={take} spellcheck={false} problem={read ? undefined : t("admin.days_bad")} />
      </Group>
    </>
  );
}
