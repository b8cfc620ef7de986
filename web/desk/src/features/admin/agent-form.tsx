/** An agent: what the person can do, and how much at once. */
import type { ChannelKind } from "@hutong/api-client";
import { CheckBox, Field, Select } from "@hutong/ui";
import { kindName } from "../../core/names";
import { t } from "../../texts/texts";
import { Group, named, NumberField, Pair, ROLES, SkillLevels } from "./fields";
import type { FormProps } from "./forms";

/** What one conversation costs when nothing else is said. */
const COSTS: Record<ChannelKind, number> = { web_chat: 30, email: 10, im: 20, app: 20, phone: 100 };
const KINDS = Object.keys(COSTS) as ChannelKind[];
const NO_LIMIT = 100;

type KindCapacities = Partial<Record<ChannelKind, { cost: number; limit: number }>>;

function Capacity({ value, onValue }: FormProps<"agents">) {
  const capacity = value.capacity ?? {};
  const kinds = (capacity.kinds ?? {}) as KindCapacities;
  const of = (kind: ChannelKind) => kinds[kind] ?? { cost: COSTS[kind], limit: NO_LIMIT };
  const change = (kind: ChannelKind, by: Partial<{ cost: number; limit: number }>) => {
    const next: KindCapacities = { ...kinds, [kind]: { ...of(kind), ...by } };
    onValue({ ...value, capacity: { ...capacity, kinds: next as Record<string, never> } });
  };
  return (
    <Group title={t("admin.capacity")} hint={t("admin.capacity_hint")}>
      <NumberField label={t("admin.units")} value={capacity.units ?? 100} max={1000} onValue={(units) => onValue({ ...value, capacity: { ...capacity, units } })} />
      <table class="admin-table">
        <thead><tr><th>{t("admin.kind")}</th><th>{t("admin.cost")}</th><th>{t("admin.limit")}</th></tr></thead>
        <tbody>
          {KINDS.map((kind) => (
            <tr key={kind}>
              <th scope="row">{kindName(kind)}</th>
              <td><input class="ui-input" type="number" min="1" max="1000" aria-label={t("admin.cost_of", { kind: kindName(kind) })} value={of(kind).cost} onInput={(event) => change(kind, { cost: Math.max(1, event.currentTarget.valueAsNumber || 1) })} /></td>
              <td><input class="ui-input" type="number" min="0" max="100" aria-label={t("admin.limit_of", { kind: kindName(kind) })} value={of(kind).limit} onInput={(event) => change(kind, { limit: Math.max(0, event.currentTarget.valueAsNumber || 0) })} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Group>
  );
}

export function AgentForm({ value, onValue }: FormProps<"agents">) {
  return (
    <>
      <Pair>
        <Field label={t("admin.name")} hint={t("admin.agent_name_hint")} value={value.name} onValue={(name) => onValue({ ...value, name })} required />
        <Select label={t("admin.role")} value={value.role} choices={named("role", ROLES)}
          onValue={(role) => onValue({ ...value, role: ROLES.find((each) => each === role) ?? "agent" })} />
      </Pair>
      <Group title={t("admin.skills")}>
        <SkillLevels skills={value.skills ?? {}} onValue={(skills) => onValue({ ...value, skills })} />
      </Group>
      <Field label={t("admin.agent_phone")} hint={t("admin.agent_phone_hint")} value={value.phone ?? ""} onValue={(phone) => onValue({ ...value, phone })} />
      <Capacity value={value} onValue={onValue} />
      <CheckBox label={t("admin.agent_enabled")} hint={t("admin.agent_enabled_hint")} value={value.enabled !== false} onValue={(enabled) => onValue({ ...value, enabled })} />
    </>
  );
}
