/** A queue: whom it needs, how fast, in what order, and what happens when nobody can. */
import type { Queue } from "@hutong/api-client";
import { CheckBox, IconButton, Select } from "@hutong/ui";
import { X } from "lucide";
import { t } from "../../texts/texts";
import { AddButton, forWhom, Group, LocalizedField, named, NumberField, Pair, SecondsBy, SkillLevels } from "./fields";
import type { FormProps } from "./forms";
import { choicesOf } from "./settings-store";

const RULES = ["longest_idle", "least_loaded", "best_skilled", "round_robin"] as const;
const RUNGS_MAX = 8;
const STEP_SECS = 30;

function Ladder({ value, onValue }: FormProps<"queues">) {
  const { ladder } = value;
  const change = (at: number, by: Partial<Queue["ladder"][number]>) =>
    onValue({ ...value, ladder: ladder.map((rung, n) => (n === at ? { ...rung, ...by } : rung)) });
  const last = ladder.at(-1);
  return (
    <Group title={t("admin.ladder")} hint={t("admin.ladder_hint")}>
      <ol class="admin-ladder">
        {ladder.map((rung, n) => (
          <li key={n}>
            {n === 0
              ? <span class="admin-rung">{t("admin.at_once")}</span>
              : <NumberField label={t("admin.after_secs")} value={rung.after_secs ?? 0} onValue={(after_secs) => change(n, { after_secs })} />}
            <SkillLevels least skills={rung.skills ?? {}} onValue={(skills) => change(n, { skills })} />
            {n > 0 && <IconButton icon={X} label={t("admin.remove_rung", { n: n + 1 })} onClick={() => onValue({ ...value, ladder: ladder.filter((_, at) => at !== n) })} />}
          </li>
        ))}
      </ol>
      {ladder.length < RUNGS_MAX && (
        <AddButton label={t("admin.add_rung")}
          onAdd={() => onValue({ ...value, ladder: [...ladder, { after_secs: (last?.after_secs ?? 0) + STEP_SECS, skills: { ...last?.skills } }] })} />
      )}
    </Group>
  );
}

function Offer({ value, onValue }: FormProps<"queues">) {
  const offer = value.offer ?? { timeout_secs: 30, auto_accept: false, misses_max: 3 };
  return (
    <Group title={t("admin.offer")}>
      <Select label={t("admin.rule")} value={value.rule ?? "longest_idle"} choices={named("admin.rule", RULES)}
        onValue={(rule) => onValue({ ...value, rule: RULES.find((each) => each === rule) ?? "longest_idle" })} />
      <Pair>
        <NumberField label={t("admin.offer_secs")} value={offer.timeout_secs} onValue={(timeout_secs) => onValue({ ...value, offer: { ...offer, timeout_secs } })} />
        <NumberField label={t("admin.misses")} value={offer.misses_max} onValue={(misses_max) => onValue({ ...value, offer: { ...offer, misses_max } })} />
      </Pair>
      <CheckBox label={t("admin.auto_accept")} value={offer.auto_accept === true} onValue={(auto_accept) => onValue({ ...value, offer: { ...offer, auto_accept } })} />
      <Pair>
        <NumberField label={t("admin.sticky")} hint={t("admin.sticky_hint")} value={value.sticky_secs ?? 0} onValue={(sticky_secs) => onValue({ ...value, sticky_secs })} />
        <NumberField label={t("admin.wrap_up")} value={value.wrap_up_secs ?? 0} onValue={(wrap_up_secs) => onValue({ ...value, wrap_up_secs })} />
      </Pair>
    </Group>
  );
}

function Limits({ value, onValue }: FormProps<"queues">) {
  const overflow = value.overflow ?? {};
  const none = { value: "", label: t("admin.none") };
  return (
    <Group title={t("admin.limits")}>
      <Pair>
        <Select label={t("admin.calendar")} value={value.calendar ?? ""} choices={[{ value: "", label: t("admin.always") }, ...choicesOf("calendars")]}
          onValue={(calendar) => onValue({ ...value, calendar: calendar || null })} />
        <Select label={t("admin.closed")} value={value.closed?.do ?? "leave_message"}
          choices={[{ value: "leave_message", label: t("admin.closed_message") }, { value: "queue", label: t("admin.closed_queue") }]}
          onValue={(what) => onValue({ ...value, closed: { do: what === "queue" ? "queue" : "leave_message" } })} />
      </Pair>
      <Pair>
        <NumberField label={t("admin.waiting_max")} hint={t("admin.zero_none")} value={overflow.waiting_max ?? 0} onValue={(waiting_max) => onValue({ ...value, overflow: { ...overflow, waiting_max } })} />
        <NumberField label={t("admin.wait_max")} hint={t("admin.zero_none")} value={overflow.wait_secs_max ?? 0} onValue={(wait_secs_max) => onValue({ ...value, overflow: { ...overflow, wait_secs_max } })} />
      </Pair>
      <Pair>
        <Select label={t("admin.overflow_to")} value={overflow.to ?? ""} choices={[none, ...choicesOf("queues").filter((each) => each.value !== value.id)]}
          onValue={(to) => onValue({ ...value, overflow: { ...overflow, to: to || null } })} />
        <NumberField label={t("admin.reopen")} value={value.reopen_hours ?? 24} onValue={(reopen_hours) => onValue({ ...value, reopen_hours })} />
      </Pair>
    </Group>
  );
}

export function QueueForm({ value, onValue }: FormProps<"queues">) {
  const priority = value.priority ?? {};
  const audiences = (priority.audiences ?? {}) as Record<string, number>;
  const types = priority.request_types ?? {};
  // The generated type of a map with fixed names is empty; the gateway checks the names.
  const withAudiences = (next: Record<string, number>) => onValue({ ...value, priority: { ...priority, audiences: next as Record<string, never> } });
  return (
    <>
      <LocalizedField label={t("admin.name")} value={value.name} onValue={(name) => onValue({ ...value, name })} />
      <Ladder value={value} onValue={onValue} />
      <Group title={t("admin.urgency")} hint={t("admin.urgency_hint")}>
        <NumberField label={t("admin.target")} value={value.target_secs} onValue={(target_secs) => onValue({ ...value, target_secs })} />
        <SecondsBy label={t("admin.priority_types")} choices={choicesOf("request_types")} value={types}
          onValue={(request_types) => onValue({ ...value, priority: { ...priority, request_types } })} />
        <SecondsBy label={t("admin.priority_audiences")} choices={forWhom()} value={audiences} onValue={withAudiences} />
      </Group>
      <Offer value={value} onValue={onValue} />
      <Limits value={value} onValue={onValue} />
    </>
  );
}
