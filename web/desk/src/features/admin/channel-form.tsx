/** A channel: for whom, with which topics, and what its adapter wants to know. */
import type { Channel } from "@hutong/api-client";
import { CheckBox, Field, IconButton, Select, TextArea } from "@hutong/ui";
import { X } from "lucide";
import { useState } from "preact/hooks";
import { t } from "../../texts/texts";
import { AddButton, Group, LocalizedField, Pair } from "./fields";
import type { FormProps } from "./forms";
import { choicesOf } from "./settings-store";

const AUDIENCES = ["public", "staff", "agency"] as const;
type Topic = Channel["topics"][number];

function Topics({ value, onValue }: FormProps<"channels">) {
  const change = (at: number, by: Partial<Topic>) =>
    onValue({ ...value, topics: value.topics.map((topic, n) => (n === at ? { ...topic, ...by } : topic)) });
  const queues = choicesOf("queues");
  return (
    <Group title={t("admin.topics")} hint={t("admin.topics_hint")}>
      {value.topics.map((topic, n) => (
        <div class="admin-topic" key={n}>
          <Field label={t("admin.id")} value={topic.id} onValue={(id) => change(n, { id })} required />
          <Field label={t("admin.in_chinese", { label: t("admin.topic") })} value={topic.name["zh-CN"] ?? ""} onValue={(text) => change(n, { name: { ...topic.name, "zh-CN": text } })} />
          <Field label={t("admin.in_english", { label: t("admin.topic") })} value={topic.name.en ?? ""} onValue={(text) => change(n, { name: { ...topic.name, en: text } })} />
          <Select label={t("admin.queue")} value={topic.queue} choices={queues} onValue={(queue) => change(n, { queue })} />
          <IconButton icon={X} label={t("admin.remove", { what: topic.name["zh-CN"] || topic.id })} onClick={() => onValue({ ...value, topics: value.topics.filter((_, at) => at !== n) })} />
        </div>
      ))}
      <AddButton label={t("admin.add_topic")}
        onAdd={() => onValue({ ...value, topics: [...value.topics, { id: "", name: { "zh-CN": "", en: "" }, queue: queues[0]?.value ?? "", request_type: null }] })} />
    </Group>
  );
}

interface WebChatSettings {
  allowed_origins?: string[];
  [name: string]: unknown;
}

/** The adapter's own settings as JSON: kept as typed until they can be read. */
function RawSettings({ value, onValue }: FormProps<"channels">) {
  const [text, setText] = useState(() => JSON.stringify(value.settings ?? {}, null, 2));
  const [bad, setBad] = useState(false);
  const take = (typed: string) => {
    setText(typed);
    try {
      const parsed: unknown = JSON.parse(typed);
      const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
      setBad(!isObject);
      if (isObject) onValue({ ...value, settings: parsed as Record<string, never> });
    } catch {
      setBad(true);
    }
  };
  return <TextArea label={t("admin.raw_settings")} hint={t("admin.raw_hint")} value={text} onValue={take} rows={8} spellcheck={false} problem={bad ? t("admin.raw_bad") : undefined} />;
}

export function ChannelForm({ value, onValue }: FormProps<"channels">) {
  const settings = (value.settings ?? {}) as WebChatSettings;
  const origins = (settings.allowed_origins ?? []).join("\n");
  const withOrigins = (text: string) => {
    const next: WebChatSettings = { ...settings, allowed_origins: text.split(/\s+/u).filter(Boolean) };
    onValue({ ...value, settings: next as Record<string, never> });
  };
  return (
    <>
      <LocalizedField label={t("admin.name")} value={value.name} onValue={(name) => onValue({ ...value, name })} />
      <Pair>
        <Select label={t("admin.kind")} value={value.kind} choices={[{ value: value.kind, label: t(`kind.${value.kind}`) }]} onValue={() => {}} disabled />
        <Select label={t("admin.audience")} value={value.audience} choices={AUDIENCES.map((each) => ({ value: each, label: t(`audience.${each}`) }))}
          onValue={(audience) => onValue({ ...value, audience: AUDIENCES.find((each) => each === audience) ?? "public" })} />
      </Pair>
      <Topics value={value} onValue={onValue} />
      <Group title={t("admin.adapter")}>
        <TextArea label={t("admin.origins")} hint={t("admin.origins_hint")} value={origins} onValue={withOrigins} rows={3} spellcheck={false} />
        <details>
          <summary>{t("admin.more_settings")}</summary>
          <RawSettings key={origins} value={value} onValue={onValue} />
        </details>
      </Group>
      <CheckBox label={t("admin.channel_enabled")} value={value.enabled !== false} onValue={(enabled) => onValue({ ...value, enabled })} />
    </>
  );
}
