/** A channel: for whom, with which topics, and what its adapter wants to know. */
import type { Channel } from "@hutong/api-client";
import { CheckBox, Field, IconButton, Select } from "@hutong/ui";
import { X } from "lucide";
import { t } from "../../texts/texts";
import { EmailForm } from "./email-form";
import { AddButton, AUDIENCES, forWhom, Group, JsonArea, LocalizedField, named, Pair } from "./fields";
import type { FormProps } from "./forms";
import { ImCheck } from "./im-check";
import { ImForm } from "./im-form";
import { CalledBackBy, PhoneForm } from "./phone-form";
import { choicesOf } from "./settings-store";
import { WebChatForm } from "./web-chat-form";

const TOPICS_MAX = 50;
type Topic = Channel["topics"][number];

function Topics({ value, onValue }: FormProps<"channels">) {
  const change = (at: number, by: Partial<Topic>) =>
    onValue({ ...value, topics: value.topics.map((topic, n) => (n === at ? { ...topic, ...by } : topic)) });
  const queues = choicesOf("queues");
  const types = [{ value: "", label: t("admin.none") }, ...choicesOf("request_types")];
  return (
    <Group title={t("admin.topics")} hint={t("admin.topics_hint")}>
      {value.topics.map((topic, n) => (
        <div class="admin-topic" key={n} role="group" aria-label={topic.name["zh-CN"] || topic.id}>
          <Field label={t("admin.in_chinese", { label: t("admin.topic") })} value={topic.name["zh-CN"] ?? ""} onValue={(text) => change(n, { name: { ...topic.name, "zh-CN": text } })} />
          <Field label={t("admin.in_english", { label: t("admin.topic") })} value={topic.name.en ?? ""} onValue={(text) => change(n, { name: { ...topic.name, en: text } })} />
          <IconButton icon={X} label={t("admin.remove", { what: topic.name["zh-CN"] || topic.id })} onClick={() => onValue({ ...value, topics: value.topics.filter((_, at) => at !== n) })} />
          <div class="admin-topic-more">
            <Select label={t("admin.queue")} value={topic.queue} choices={queues} onValue={(queue) => change(n, { queue })} />
            <Select label={t("panel.request_type")} value={topic.request_type ?? ""} choices={types} onValue={(type) => change(n, { request_type: type || null })} />
            <Field label={t("admin.id")} value={topic.id} onValue={(id) => change(n, { id })} required spellcheck={false} />
          </div>
        </div>
      ))}
      {value.topics.length < TOPICS_MAX && (
        <AddButton label={t("admin.add_topic")}
          onAdd={() => onValue({ ...value, topics: [...value.topics, { id: "", name: { "zh-CN": "", en: "" }, queue: queues[0]?.value ?? "", request_type: null }] })} />
      )}
    </Group>
  );
}

/** An adapter that has no form here. Which telephones ring for it has one. */
function RawSettings({ value, onValue }: FormProps<"channels">) {
  const { phone, ...settings } = (value.settings ?? {});
  const take = (typed: Record<string, never>) => onValue({ ...value, settings: { ...(phone === undefined ? {} : { phone }), ...typed } });
  return (
    <Group title={t("admin.adapter")}>
      <JsonArea label={t("admin.raw_settings")} hint={t("admin.raw_hint")} value={settings} onValue={take} rows={8} testId="raw-settings" />
    </Group>
  );
}

/** The adapter that speaks each kind that can be connected here; messengers and telephones have many, of which this is the first. */
const ADAPTERS = { web_chat: "web_chat", email: "email", im: "wecom", app: "app", phone: "sip" } as const;
type Connectable = keyof typeof ADAPTERS;
const KINDS = Object.keys(ADAPTERS) as Connectable[];

function Kind({ value, onValue, isNew }: FormProps<"channels">) {
  const kinds = isNew ? KINDS : [value.kind];
  const choose = (wanted: string) => {
    const kind = KINDS.find((each) => each === wanted) ?? "web_chat";
    // What one adapter was told means nothing to another.
    onValue({ ...value, kind, adapter: ADAPTERS[kind], settings: {} });
  };
  return <Select label={t("admin.kind")} value={value.kind} choices={named("kind", kinds)} onValue={choose} disabled={!isNew} data-testid="channel-kind" />;
}

function AdapterForm(props: FormProps<"channels">) {
  if (props.value.kind === "phone") return <PhoneForm {...props} />;
  if (props.value.kind === "im") return <ImForm {...props} />;
  if (props.value.kind === "app") return <><RawSettings {...props} /><ImCheck channel={props.value} isNew={props.isNew === true} /></>;
  if (props.value.adapter === "web_chat") return <WebChatForm {...props} />;
  return props.value.adapter === "email" ? <EmailForm {...props} /> : <RawSettings {...props} />;
}

const HINTS = {
  web: { name: "web.name_hint", enabled: "web.enabled_hint" },
  email: { name: "email.name_hint", enabled: "email.enabled_hint" },
  im: { name: "im.name_hint", enabled: "im.enabled_hint" },
} as const;

export function ChannelForm(props: FormProps<"channels">) {
  const { value, onValue } = props;
  const { name, enabled } = HINTS[value.kind === "web_chat" || value.kind === "app" ? "web" : value.kind === "email" ? "email" : "im"];
  return (
    <>
      <Group title={t("admin.name")} hint={t(name)}>
        <LocalizedField label={t("admin.name")} value={value.name} onValue={(text) => onValue({ ...value, name: text })} />
        <Pair>
          <Kind {...props} />
          <Select label={t("admin.audience")} hint={t("web.audience_hint")} value={value.audience} choices={forWhom()}
            onValue={(audience) => onValue({ ...value, audience: AUDIENCES.find((each) => each === audience) ?? "public" })} />
        </Pair>
        <CheckBox label={t("admin.channel_enabled")} hint={t(enabled)} value={value.enabled !== false} onValue={(on) => onValue({ ...value, enabled: on })} />
      </Group>
      <Topics value={value} onValue={onValue} />
      <AdapterForm {...props} />
      {value.kind !== "phone" && <CalledBackBy {...props} />}
    </>
  );
}
