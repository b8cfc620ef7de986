/** What is known of a letter by its head: rules in words, one open at a time, in the order in which they are asked. */
import type { Channel } from "@hutong/api-client";
import { CheckBox, Field, Icon, IconButton, Select } from "@hutong/ui";
import { ArrowDown, ArrowUp, ChevronDown, ChevronUp, TriangleAlert, X } from "lucide";
import { useState } from "preact/hooks";
import { inWords, t } from "../../texts/texts";
import type { Place } from "./email-fields";
import { rulesOf, withAt, withRule, type MailRule } from "./email.model";
import { AddButton, AUDIENCES, forWhom, Group } from "./fields";
import { effectOf, moved, ruleFor, takesAll } from "./rules.model";
import { choicesOf, nameOf, settings as allSettings } from "./settings-store";

const RULES_MAX = 500;

type ForRules = Pick<Channel, "topics" | "audience">;

const audienceName = (id: string) => t(`audience.${AUDIENCES.find((each) => each === id) ?? "public"}`);

/** When it is taken, in words. */
function whenText(rule: MailRule): string {
  const parts = [
    rule.from_domain && t("email.when_domain", { domain: rule.from_domain }),
    rule.from && t("email.when_from", { address: rule.from }),
    rule.subject_contains && t("email.when_subject", { words: rule.subject_contains }),
    rule.important !== undefined && t(rule.important ? "email.when_important" : "email.when_not_important"),
  ].filter((part): part is string => Boolean(part));
  return parts.length > 0 ? parts.join(t("list.comma")) : t("email.when_any");
}

/** What comes of it, in words: for whom, where, and how much sooner. */
function thenText(rule: MailRule, channel: ForRules): string {
  const effect = effectOf(rule, channel, (allSettings.value?.queues ?? []).map((each) => each.value));
  const parts = [
    rule.audience && t("email.then_audience", { audience: audienceName(rule.audience) }),
    rule.request_type && t("email.then_type", { type: nameOf("request_types", rule.request_type) }),
    effect.queue && t("email.then_queue", { queue: nameOf("queues", effect.queue) }),
    effect.headStartSecs !== null && t(effect.headStartSecs > 0 ? "email.then_sooner" : "email.then_usual", { secs: effect.headStartSecs }),
  ].filter((part): part is string => Boolean(part));
  return parts.join(t("list.comma")) || t("email.then_nothing");
}

function Fields({ rule, channel, onRule }: { rule: MailRule; channel: ForRules; onRule: (rule: MailRule) => void }) {
  const set = (key: keyof MailRule) => (value: string) => onRule(withRule(rule, key, value.trim()));
  const setImportant = (value: string) => onRule(withRule(rule, "important", value === "" ? undefined : value === "yes"));
  const same = { value: "", label: t("email.unchanged") };
  return (
    <div class="admin-rule-fields">
      <fieldset>
        <legend>{t("email.rule_when")}</legend>
        <Field label={t("email.rule_domain")} hint={t("email.rule_domain_hint")} value={rule.from_domain ?? ""} onValue={set("from_domain")} spellcheck={false} />
        <Field label={t("email.rule_from")} value={rule.from ?? ""} onValue={set("from")} spellcheck={false} />
        <Field label={t("email.rule_subject")} value={rule.subject_contains ?? ""} onValue={(value) => onRule(withRule(rule, "subject_contains", value))} />
        <Select label={t("email.rule_important")} value={rule.important === undefined ? "" : rule.important ? "yes" : "no"} onValue={setImportant}
          choices={[{ value: "", label: t("email.any") }, { value: "yes", label: t("email.yes") }, { value: "no", label: t("email.no") }]} />
      </fieldset>
      <fieldset>
        <legend>{t("email.rule_then")}</legend>
        <Select label={t("admin.audience")} value={rule.audience ?? ""} onValue={set("audience")} choices={[same, ...forWhom()]} />
        <Select label={t("email.rule_topic")} value={rule.topic ?? ""} onValue={set("topic")}
          choices={[same, ...channel.topics.map((each) => ({ value: each.id, label: t("email.topic_queue", { topic: inWords(each.name, each.id), queue: nameOf("queues", each.queue) }) }))]} />
        <Select label={t("panel.request_type")} hint={t("email.rule_type_hint")} value={rule.request_type ?? ""} onValue={set("request_type")} choices={[same, ...choicesOf("request_types")]} />
      </fieldset>
    </div>
  );
}

/** A letter that nobody wrote: which rule would it meet? */
function Try({ rules, channel }: { rules: readonly MailRule[]; channel: ForRules }) {
  const [from, setFrom] = useState("");
  const [subject, setSubject] = useState("");
  const [important, setImportant] = useState(false);
  const at = from.trim() === "" ? undefined : ruleFor(rules, { from, subject, important });
  const rule = typeof at === "number" ? rules[at] : undefined;
  return (
    <div class="admin-rule-try" role="group" aria-label={t("email.try")} data-testid="rule-try">
      <p><b>{t("email.try")}</b></p>
      <div class="admin-pair">
        <Field label={t("email.rule_from")} value={from} onValue={setFrom} spellcheck={false} placeholder={t("email.address_example")} data-testid="rule-try-from" />
        <Field label={t("mail.subject")} value={subject} onValue={setSubject} data-testid="rule-try-subject" />
      </div>
      <CheckBox label={t("email.rule_important")} value={important} onValue={setImportant} />
      <p role="status" data-testid="rule-try-result">
        {at === undefined ? t("email.try_hint") : rule ? t("email.try_rule", { n: (at ?? 0) + 1, then: thenText(rule, channel) }) : t("email.try_none", { then: thenText({}, channel) })}
      </p>
    </div>
  );
}

interface RowProps {
  rules: readonly MailRule[];
  at: number;
  channel: ForRules;
  open: boolean;
  onOpen: () => void;
  onRules: (rules: readonly MailRule[], moved?: number) => void;
}

function Row({ rules, at, channel, open, onOpen, onRules }: RowProps) {
  const rule = rules[at] ?? {};
  const name = t("email.rule", { n: at + 1 });
  const never = rules.slice(0, at).some(takesAll);
  const step = (by: 1 | -1) => onRules(moved(rules, at, by), at + by);
  return (
    <li class="admin-rule" data-testid="mail-rule">
      <div class="admin-rule-head">
        <span class="admin-rule-place" aria-hidden="true">{at + 1}</span>
        <div class="admin-rule-words">
          <p><span class="ui-sr">{name} </span>{whenText(rule)}</p>
          <p class="admin-rule-then">→ {thenText(rule, channel)}</p>
          {never && <p class="admin-rule-never"><Icon icon={TriangleAlert} size={13} />{t("email.rule_never")}</p>}
        </div>
        <IconButton icon={open ? ChevronUp : ChevronDown} label={t(open ? "email.rule_close" : "email.rule_open", { rule: name })} aria-expanded={open} onClick={onOpen} />
        <IconButton icon={ArrowUp} label={t("email.rule_up", { rule: name })} disabled={at === 0} onClick={() => step(-1)} data-testid="rule-up" />
        <IconButton icon={ArrowDown} label={t("email.rule_down", { rule: name })} disabled={at === rules.length - 1} onClick={() => step(1)} />
        <IconButton icon={X} label={t("admin.remove", { what: name })} onClick={() => onRules(rules.filter((_, n) => n !== at))} />
      </div>
      {open && <Fields rule={rule} channel={channel} onRule={(next) => onRules(rules.map((each, n) => (n === at ? next : each)), at)} />}
    </li>
  );
}

export function Rules({ settings, onSettings, channel }: Place & { channel: ForRules }) {
  const rules = rulesOf(settings);
  const [open, setOpen] = useState<number | null>(null);
  const write = (next: readonly MailRule[], shown: number | null) => {
    onSettings(withAt(settings, "rules", next));
    setOpen(shown);
  };
  return (
    <div data-testid="mail-rules">
      <Group title={t("email.rules")} hint={t("email.rules_hint")}>
        {rules.length > 0 && (
          <ol class="admin-rules">
            {rules.map((_, at) => (
              <Row key={at} rules={rules} at={at} channel={channel} open={open === at} onOpen={() => setOpen(open === at ? null : at)}
                onRules={(next, place) => write(next, open === at ? place ?? null : next.length < rules.length ? null : open)} />
            ))}
          </ol>
        )}
        {rules.length < RULES_MAX && <AddButton label={t("email.rule_add")} onAdd={() => write([...rules, {}], rules.length)} />}
        {rules.length > 0 && <Try rules={rules} channel={channel} />}
      </Group>
    </div>
  );
}
