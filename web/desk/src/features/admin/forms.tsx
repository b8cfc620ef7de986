/** The form of each kind; simple kinds are here, the others in their own files. */
import type { FieldProblem } from "@hutong/api-client";
import { CheckBox, Field, Select } from "@hutong/ui";
import { t } from "../../texts/texts";
import { AgentForm } from "./agent-form";
import { CalendarForm } from "./calendar-form";
import { ChannelForm } from "./channel-form";
import { LocalizedField, named } from "./fields";
import type { SettingKind, Values } from "./model";
import { QueueForm } from "./queue-form";

export interface FormProps<K extends SettingKind> {
  value: Values[K];
  onValue: (value: Values[K]) => void;
  /** It is not stored yet: what cannot change later can be chosen. */
  isNew?: boolean;
}

const SORTS = ["topic", "language", "audience", "line"] as const;

function SkillForm({ value, onValue }: FormProps<"skills">) {
  return (
    <>
      <LocalizedField label={t("admin.name")} value={value.name} onValue={(name) => onValue({ ...value, name })} />
      <Select label={t("admin.sort")} value={value.sort ?? ""} onValue={(sort) => onValue({ ...value, sort })}
        choices={named("sort", SORTS)} />
    </>
  );
}

function RequestTypeForm({ value, onValue }: FormProps<"request_types">) {
  return <LocalizedField label={t("admin.name")} value={value.name} onValue={(name) => onValue({ ...value, name })} />;
}

function QuickReplyForm({ value, onValue }: FormProps<"quick_replies">) {
  return (
    <>
      <LocalizedField label={t("admin.title")} value={value.title} onValue={(title) => onValue({ ...value, title })} />
      <LocalizedField long label={t("admin.text")} value={value.text} onValue={(text) => onValue({ ...value, text })} />
    </>
  );
}

function WebhookForm({ value, onValue }: FormProps<"webhooks">) {
  const events = (value.events ?? []).join(" ");
  return (
    <>
      <Field label={t("admin.url")} hint={t("admin.url_hint")} type="url" value={value.url} onValue={(url) => onValue({ ...value, url })} required />
      <Field label={t("admin.events")} hint={t("admin.events_hint")} value={events} spellcheck={false}
        onValue={(text) => onValue({ ...value, events: text.split(/[\s,，]+/u).filter(Boolean) })} />
      <CheckBox label={t("admin.enabled")} value={value.enabled !== false} onValue={(enabled) => onValue({ ...value, enabled })} />
    </>
  );
}

export function FormOf({ kind, value, onValue, errors, isNew }: {
  kind: SettingKind;
  value: Values[SettingKind];
  onValue: (value: Values[SettingKind]) => void;
  errors: readonly FieldProblem[];
  isNew: boolean;
}) {
  return (
    <>
      {errors.length > 0 && (
        <ul class="admin-errors" role="alert">
          {errors.map((error) => <li key={error.path}><code>{error.path}</code> {error.problem}</li>)}
        </ul>
      )}
      <Fields kind={kind} value={value} onValue={onValue} isNew={isNew} />
    </>
  );
}

function Fields({ kind, value, onValue, isNew }: { kind: SettingKind; value: Values[SettingKind]; onValue: (value: Values[SettingKind]) => void; isNew: boolean }) {
  // The kind says what the value is; the two travel together from the store.
  switch (kind) {
    case "queues":
      return <QueueForm value={value as Values["queues"]} onValue={onValue} />;
    case "agents":
      return <AgentForm value={value as Values["agents"]} onValue={onValue} />;
    case "channels":
      return <ChannelForm value={value as Values["channels"]} onValue={onValue} isNew={isNew} />;
    case "calendars":
      return <CalendarForm value={value as Values["calendars"]} onValue={onValue} />;
    case "skills":
      return <SkillForm value={value as Values["skills"]} onValue={onValue} />;
    case "request_types":
      return <RequestTypeForm value={value as Values["request_types"]} onValue={onValue} />;
    case "quick_replies":
      return <QuickReplyForm value={value as Values["quick_replies"]} onValue={onValue} />;
    case "webhooks":
      return <WebhookForm value={value as Values["webhooks"]} onValue={onValue} />;
  }
}
