/** Fields that read and write one place of a mailbox's settings. */
import type { Channel } from "@hutong/api-client";
import { CheckBox, Field, Select, TextArea, type Choice } from "@hutong/ui";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t, type TextKey } from "../../texts/texts";
import { at, hasPart, listAt, textAt, withAt, withPart, type Part } from "./email.model";
import { Group, useTyped } from "./fields";

export interface Place {
  settings: Channel["settings"];
  onSettings: (settings: NonNullable<Channel["settings"]>) => void;
}

interface AtProps extends Place {
  path: string;
  label: string;
  hint?: string | undefined;
  problem?: string | undefined;
}

export function TextAt({ settings, onSettings, path, label, hint, problem, ...rest }: AtProps & { required?: boolean; placeholder?: string; maxLength?: number }) {
  return (
    <Field label={label} hint={hint} problem={problem} value={textAt(settings, path)} spellcheck={false} autoComplete="off" data-testid={`at-${path}`}
      {...rest} onValue={(text) => onSettings(withAt(settings, path, text.trim()))} />
  );
}

export function NumberAt({ settings, onSettings, path, label, hint, usual, max }: AtProps & { usual: number; max: number }) {
  const take = (text: string) => {
    const number = Number(text);
    onSettings(withAt(settings, path, text.trim() === "" || !Number.isInteger(number) || number < 0 ? undefined : number));
  };
  return <Field label={label} hint={hint} type="number" inputMode="numeric" min="0" max={String(max)} placeholder={String(usual)} value={textAt(settings, path)} onValue={take} data-testid={`at-${path}`} />;
}

export function ChoiceAt({ settings, onSettings, path, label, hint, problem, choices, usual }: AtProps & { choices: readonly Choice[]; usual: string }) {
  return (
    <Select label={label} hint={hint} problem={problem} value={textAt(settings, path) || usual} choices={choices} data-testid={`at-${path}`}
      onValue={(value) => onSettings(withAt(settings, path, value))} />
  );
}

/** A yes or no; what is usual is not written. */
export function FlagAt({ settings, onSettings, path, usual, label, hint }: AtProps & { usual: boolean }) {
  const stored = at(settings, path);
  const value = typeof stored === "boolean" ? stored : usual;
  return <CheckBox label={label} {...(hint ? { hint } : {})} value={value} onValue={(wanted) => onSettings(withAt(settings, path, wanted === usual ? undefined : wanted))} />;
}

const readLines = (typed: string) => typed.split(/[\s,，;；]+/u).filter(Boolean);

/** Texts, one a line. */
export function LinesAt({ settings, onSettings, path, label, hint, problem }: AtProps) {
  const typed = useTyped(listAt(settings, path), "\n", readLines, (list) => onSettings(withAt(settings, path, list)));
  return <TextArea label={label} hint={hint} problem={problem} rows={2} spellcheck={false} {...typed} data-testid={`at-${path}`} />;
}

/** A secret goes in and never comes out again: what stands there is a mark, which keeps the stored one. */
export function SecretAt({ settings, onSettings, path, label, hint: about, boundTo = [], long }: AtProps & { boundTo?: readonly string[]; long?: boolean }) {
  const shownTo = boundTo.map((each) => textAt(settings, each)).join("\n");
  const stored = textAt(settings, path);
  const [{ kept, server }, keep] = useState({ kept: stored, server: shownTo });
  const [typed, setTyped] = useState("");
  useEffect(() => {
    // It was saved, or taken from somebody else: what was typed is not shown again.
    if (stored === typed || (typed === "" && stored === kept)) return;
    keep({ kept: stored, server: shownTo });
    setTyped("");
  }, [stored]);
  const moved = kept !== "" && typed === "" && shownTo !== server;
  const inFile = at(settings, `${path}_file`) !== undefined;
  const take = (text: string) => {
    setTyped(text);
    onSettings(withAt(settings, path, text === "" ? kept : text));
  };
  const hint = inFile ? t("email.secret_file") : typed !== "" ? t("email.secret_new") : kept !== "" && !moved ? t("email.secret_kept") : about;
  const problem = moved ? t("email.secret_moved") : undefined;
  const shared = { label, hint, problem, value: typed, onValue: take, spellcheck: false, disabled: inFile, "data-testid": `at-${path}` };
  return long ? <TextArea {...shared} rows={3} /> : <Field {...shared} type="password" autoComplete="new-password" />;
}

/** A part of the settings that may be there or not. */
export function Switched({ settings, onSettings, part, children }: Place & { part: Part; children: ComponentChildren }) {
  const on = hasPart(settings, part);
  const hint: TextKey = `email.${part}_hint`;
  return (
    <Group title={t(`email.${part}`)} hint={t(hint)}>
      <CheckBox label={t("email.on")} value={on} onValue={(wanted) => onSettings(withPart(settings, part, wanted))} />
      {on && children}
    </Group>
  );
}
