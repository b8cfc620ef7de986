/** Fields that several forms share. */
import type { Localized } from "@hutong/api-client";
import { Button, Field, IconButton, Select, TextArea } from "@hutong/ui";
import { Plus, X } from "lucide";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t, type TextKey } from "../../texts/texts";
import { wholeNumber } from "./model";
import { choicesOf, nameOf } from "./settings-store";

/** Choices whose words stand in the catalogue below one prefix. */
export const named = <P extends string, V extends string>(prefix: `${P}.${V}` extends TextKey ? P : never, values: readonly V[]) =>
  values.map((value) => ({ value, label: t(`${prefix}.${value}` as TextKey) }));

export const AUDIENCES = ["public", "staff", "agency"] as const;
export const ROLES = ["agent", "supervisor", "admin"] as const;
export const forWhom = () => named("audience", AUDIENCES);

export function Group({ title, hint, children }: { title: string; hint?: string; children: ComponentChildren }) {
  return (
    <fieldset class="admin-group">
      <legend>{title}</legend>
      {hint && <p class="quiet">{hint}</p>}
      {children}
    </fieldset>
  );
}

export function Pair({ children }: { children: ComponentChildren }) {
  return <div class="admin-pair">{children}</div>;
}

/** One text in both languages; an empty one falls back to the other. */
export function LocalizedField({ label, value, onValue, long }: { label: string; value: Localized; onValue: (value: Localized) => void; long?: boolean }) {
  const Input = long ? TextArea : Field;
  return (
    <Pair>
      <Input label={t("admin.in_chinese", { label })} value={value["zh-CN"] ?? ""} onValue={(text) => onValue({ ...value, "zh-CN": text })} />
      <Input label={t("admin.in_english", { label })} value={value.en ?? ""} onValue={(text) => onValue({ ...value, en: text })} />
    </Pair>
  );
}

export function NumberField({ label, hint, value, onValue, max }: { label: string; hint?: string; value: number; onValue: (value: number) => void; max?: number }) {
  return (
    <Field label={label} hint={hint} type="number" inputMode="numeric" min="0" {...(max === undefined ? {} : { max: String(max) })}
      value={String(value)} onValue={(text) => onValue(wholeNumber(text, value))} />
  );
}

const LEVELS = [1, 2, 3, 4, 5].map((level) => ({ value: String(level), label: String(level) }));

/** Skills with levels; `least` says that the level is the lowest that will do. */
export function SkillLevels({ skills, onValue, least }: { skills: Record<string, number>; onValue: (skills: Record<string, number>) => void; least?: boolean }) {
  const free = choicesOf("skills").filter((choice) => !(choice.value in skills));
  const without = (id: string) => Object.fromEntries(Object.entries(skills).filter(([each]) => each !== id));
  return (
    <div class="admin-skills">
      {Object.entries(skills).map(([id, level]) => (
        <span key={id} class="admin-skill">
          {nameOf("skills", id)} {least ? "≥" : ""}
          <select aria-label={t("admin.level_of", { skill: nameOf("skills", id) })} value={String(level)}
            onChange={(event) => onValue({ ...skills, [id]: Number(event.currentTarget.value) })}>
            {LEVELS.map((each) => <option key={each.value} value={each.value} selected={each.value === String(level)}>{each.label}</option>)}
          </select>
          <IconButton icon={X} size={12} label={t("admin.remove", { what: nameOf("skills", id) })} onClick={() => onValue(without(id))} />
        </span>
      ))}
      {free.length > 0 && (
        <Select bare label={t("admin.add_skill")} value="" choices={[{ value: "", label: t("admin.add_skill") }, ...free]}
          onValue={(id) => id && onValue({ ...skills, [id]: least ? 1 : 3 })} />
      )}
    </div>
  );
}

/** Names with a number of seconds each. */
export function SecondsBy({ label, choices, value, onValue }: {
  label: string;
  choices: readonly { value: string; label: string }[];
  value: Record<string, number>;
  onValue: (value: Record<string, number>) => void;
}) {
  return (
    <div class="admin-seconds">
      <p class="ui-field-label">{label}</p>
      {choices.map((choice) => (
        <NumberField key={choice.value} label={choice.label} value={value[choice.value] ?? 0}
          onValue={(secs) => {
            const rest = Object.fromEntries(Object.entries(value).filter(([id]) => id !== choice.value));
            onValue(secs > 0 ? { ...rest, [choice.value]: secs } : rest);
          }} />
      ))}
    </div>
  );
}

export function AddButton({ label, onAdd }: { label: string; onAdd: () => void }) {
  return <Button size="s" look="quiet" icon={Plus} onClick={onAdd}>{label}</Button>;
}

/** A list that is typed as text: what was typed stays as it stands until the list becomes another by other means. */
export function useTyped(stored: readonly string[], separator: string, read: (typed: string) => readonly string[], take: (list: readonly string[]) => void) {
  const [text, setText] = useState(stored.join(separator));
  return {
    value: read(text).join() === stored.join() ? text : stored.join(separator),
    onValue: (typed: string) => {
      setText(typed);
      take(read(typed));
    },
  };
}

/** Settings as JSON, kept as typed until they can be read. */
export function JsonArea({ label, hint, value, onValue, rows, testId }: {
  label: string;
  hint: string;
  value: object;
  onValue: (value: Record<string, never>) => void;
  rows: number;
  testId: string;
}) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [bad, setBad] = useState(false);
  const take = (typed: string) => {
    setText(typed);
    try {
      const parsed: unknown = JSON.parse(typed.trim() || "{}");
      const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
      setBad(!isObject);
      if (isObject) onValue(parsed as Record<string, never>);
    } catch {
      setBad(true);
    }
  };
  return <TextArea label={label} hint={hint} value={text} onValue={take} rows={rows} spellcheck={false} problem={bad ? t("admin.raw_bad") : undefined} data-testid={testId} />;
}
