/** What people of a department get: the topic of their conversations, and for whom they speak. The first rule counts. */
import type { Channel } from "@hutong/api-client";
import { Field, IconButton, Select } from "@hutong/ui";
import { X } from "lucide";
import { inWords, t } from "../../texts/texts";
import type { Place } from "./email-fields";
import { AddButton, forWhom, Group } from "./fields";
import { departmentsOf, RULES_MAX, withDepartment, withDepartments, type DepartmentRule } from "./im.model";


export function Departments({ settings, onSettings, channel }: Place & { channel: Channel }) {
  const rules = departmentsOf(settings);
  const write = (next: readonly DepartmentRule[]) => onSettings(withDepartments(settings, next));
  const change = (at: number, key: keyof DepartmentRule, value: string) => write(rules.map((rule, n) => (n === at ? withDepartment(rule, key, value) : rule)));
  const same = { value: "", label: t("email.unchanged") };
  return (
    <Group title={t("im.departments")} hint={t("im.departments_hint")}>
      {rules.map((rule, n) => (
        <div class="admin-im-department" key={n} role="group" aria-label={rule.department || t("im.department_n", { n: n + 1 })} data-testid="department">
          <Field label={t("im.department")} value={rule.department ?? ""} required spellcheck={false} onValue={(text) => change(n, "department", text.trim())} />
          <Select label={t("email.rule_topic")} value={rule.topic ?? ""} onValue={(topic) => change(n, "topic", topic)}
            choices={[same, ...channel.topics.map((each) => ({ value: each.id, label: inWords(each.name, each.id) }))]} />
          <Select label={t("admin.audience")} value={rule.audience ?? ""} onValue={(audience) => change(n, "audience", audience)}
            choices={[same, ...forWhom()]} />
          <IconButton icon={X} label={t("admin.remove", { what: rule.department || t("im.department_n", { n: n + 1 }) })} onClick={() => write(rules.filter((_, at) => at !== n))} />
        </div>
      ))}
      {rules.length < RULES_MAX && <AddButton label={t("im.department_add")} onAdd={() => write([...rules, {}])} />}
    </Group>
  );
}
