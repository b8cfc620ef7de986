/** What is known of a letter by its head. */
import type { Channel } from "@hutong/api-client";
import { Field, IconButton, Select } from "@hutong/ui";
import { X } from "lucide";
import { inWords, t } from "../../texts/texts";
import type { Place } from "./email-fields";
import { rulesOf, withAt, withRule, type MailRule } from "./email.model";
import { AddButton, Group } from "./fields";
import { choicesOf } from "./settings-store";

const RULES_MAX = 500;
const AUDIENCES = ["agency", "staff", "public"] as const;

interface RuleProps {
  rule: MailRule;
  topics: Channel["topics"];
  onRule: (rule: MailRule) => void;
}

function Rule({ rule, topics, onRule }: RuleProps) {
  const set = (key: keyof MailRule) => (value: string) => onRule(withRule(rule, key, value.trim()));
  const setImportant = (value: string) => onRule(withRule(rule, "important", value === "" ? undefined : value === "yes"));
  const same = { value: "", label: t("email.unchanged") };
  return (
    <>
      <Field label={t("email.rule_domain")} value={rule.from_domain ?? ""} onValue={set("from_domain")} spellcheck={false} />
      <Field label={t("email.rule_from")} value={rule.from ?? ""} onValue={set("from")} spellcheck={false} />
      <Field label={t("email.rule_subject")} value={rule.subject_contains ?? ""} onValue={(value) => onRule(withRule(rule, "subject_contains", value))} />
      <Select label={t("email.rule_important")} value={rule.important === undefined ? "" : rule.important ? "yes" : "no"} onValue={setImportant}
        choices={[{ value: "", label: t("email.any") }, { value: "yes", label: t("email.yes") }, { value: "no", label: t("email.no") }]} />
      <p class="admin-then">{t("email.rule_then")}</p>
      <Select label={t("admin.topic")} value={rule.topic ?? ""} onValue={set("topic")} choices={[same, ...topics.map((each) => ({ value: each.id, label: inWords(each.name, each.id) }))]} />
      <Select label={t("panel.request_type")} value={rule.request_type ?? ""} onValue={set("request_type")} choices={[same, ...choicesOf("request_types")]} />
      <Select label={t("admin.audience")} value={rule.audience ?? ""} onValue={set("audience")} choices={[same, ...AUDIENCES.map((each) => ({ value: each, label: t(`audience.${each}`) }))]} />
    </>
  );
}

export function Rules({ settings, onSettings, topics }: Place & { topics: Channel["topics"] }) {
  const rules = rulesOf(settings);
  const write = (next: readonly MailRule[]) => onSettings(withAt(settings, "rules", next));
  return (
    <Group title={t("email.rules")} hint={t("email.rules_hint")}>
      {rules.map((rule, n) => (
        <div class="admin-rule" key={n} role="group" aria-label={t("email.rule", { n: n + 1 })} data-testid="mail-rule">
          <header>
            <b>{t("email.rule", { n: n + 1 })}</b>
            <IconButton icon={X} label={t("admin.remove", { what: t("email.rule", { n: n + 1 }) })} onClick={() => write(rules.filter((_, at) => at !== n))} />
          </header>
          <Rule rule={rule} topics={topics} onRule={(next) => write(rules.map((each, at) => (at === n ? next : each)))} />
        </div>
      ))}
      {rules.length < RULES_MAX && <AddButton label={t("email.rule_add")} onAdd={() => write([...rules, {}])} />}
    </Group>
  );
}
