/** A web chat, step by step: how it looks, what it says, what it asks, and who may show it. */
import { Button, CheckBox, Field, Select, TextArea } from "@hutong/ui";
import { KeyRound, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { t } from "../../texts/texts";
import { ChannelPreview } from "./channel-preview";
import { Group, LocalizedField, named, useTyped } from "./fields";
import type { FormProps } from "./forms";
import { SecretDialog } from "./secret";
import { ByMailFields } from "./web-chat-mail";
import { ASK_NAMES, CORNERS, isOrigin, newSecret, readWebChat, SECRET_BYTES_MIN, writeWebChat, type WebChat, type Widget } from "./web-chat.model";

interface PartProps {
  chat: WebChat;
  change: (by: Partial<WebChat>) => void;
}

type WidgetProps = { widget: Widget; change: (by: Partial<Widget>) => void };

function Look({ widget, change }: WidgetProps) {
  return (
    <>
      <div class="ui-field">
        <label class="ui-field-label" for="widget-color">{t("web.color")}</label>
        <span class="admin-color">
          <input id="widget-color" type="color" value={widget.color} onInput={(event) => change({ color: event.currentTarget.value })} />
          <input class="ui-input" aria-label={t("web.color_text")} value={widget.color} spellcheck={false} maxLength={7} onInput={(event) => change({ color: event.currentTarget.value.trim() })} />
        </span>
        <p class="ui-field-hint">{t("web.color_hint")}</p>
      </div>
      <Select label={t("web.corner")} hint={t("web.corner_hint")} value={widget.corner} choices={named("web.corner", CORNERS)}
        onValue={(corner) => change({ corner: corner === "left" ? "left" : "right" })} />
      <CheckBox label={t("web.elder")} hint={t("web.elder_hint")} value={widget.elder_mode} onValue={(elder_mode) => change({ elder_mode })} />
    </>
  );
}

function Words({ widget, change }: WidgetProps) {
  return (
    <Group title={t("web.words")} hint={t("web.words_hint")}>
      <LocalizedField long label={t("web.greeting")} value={widget.greeting} onValue={(greeting) => change({ greeting })} />
    </Group>
  );
}

function Data({ widget, change }: WidgetProps) {
  const { privacy } = widget;
  return (
    <Group title={t("web.data")} hint={t("web.data_hint")}>
      <LocalizedField long label={t("web.privacy")} value={privacy.text} onValue={(text) => change({ privacy: { ...privacy, text } })} />
      <Field label={t("web.privacy_url")} hint={t("web.privacy_url_hint")} type="url" value={privacy.url} onValue={(url) => change({ privacy: { ...privacy, url: url.trim() } })} />
      <Select label={t("web.ask_name")} hint={t("web.ask_name_hint")} value={widget.ask_name} choices={named("web.ask_name", ASK_NAMES)}
        onValue={(ask) => change({ ask_name: ASK_NAMES.find((each) => each === ask) ?? "optional" })} />
      <CheckBox label={t("web.typing")} hint={t("web.typing_hint")} value={widget.typing_preview} onValue={(typing_preview) => change({ typing_preview })} />
    </Group>
  );
}

function Origins({ chat, change }: PartProps) {
  // The check below may have added one.
  const typed = useTyped(chat.allowed_origins, "\n", (text) => text.split(/\s+/u).filter(Boolean), (list) => change({ allowed_origins: [...list] }));
  const bad = chat.allowed_origins.find((each) => !isOrigin(each));
  return (
    <TextArea label={t("admin.origins")} hint={t("admin.origins_hint")} {...typed} rows={3} spellcheck={false} data-testid="origins"
      problem={bad ? t("web.origin_bad", { origin: bad }) : undefined} />
  );
}

/** The key goes in and never comes out again. */
function Secret({ chat, change }: PartProps) {
  const [typed, setTyped] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const there = chat.identity_secret !== "";
  const short = typed !== "" && new TextEncoder().encode(typed).length < SECRET_BYTES_MIN;
  const take = (secret: string) => {
    setTyped(secret);
    change({ identity_secret: secret });
  };
  const make = () => {
    const secret = newSecret();
    take(secret);
    setMade(secret);
  };
  return (
    <Group title={t("web.identity")} hint={t("web.identity_hint")}>
      <p data-testid="identity-state">{t(typed !== "" ? "web.identity_new" : there ? "web.identity_set" : "web.identity_none")}</p>
      <Field label={t("web.identity_key")} type="password" autoComplete="new-password" value={typed} onValue={take} spellcheck={false}
        problem={short ? t("web.identity_short", { n: SECRET_BYTES_MIN }) : undefined} />
      <div class="admin-buttons">
        <Button icon={KeyRound} onClick={make} data-testid="make-secret">{t("web.identity_make")}</Button>
        {there && <Button look="quiet" icon={Trash2} onClick={() => take("")}>{t("web.identity_remove")}</Button>}
      </div>
      {made !== null && <SecretDialog title={t("web.identity")} text={t("web.identity_once")} secret={made} onClose={() => setMade(null)} />}
    </Group>
  );
}

export function WebChatForm({ value, onValue }: FormProps<"channels">) {
  const chat = readWebChat(value.settings);
  const change = (by: Partial<WebChat>) => onValue({ ...value, settings: writeWebChat(value.settings, by) });
  const changeWidget = (by: Partial<Widget>) => change({ widget: { ...chat.widget, ...by } });
  return (
    <>
      <Group title={t("web.look")} hint={t("web.look_hint")}>
        <div class="admin-look">
          <div class="admin-look-fields"><Look widget={chat.widget} change={changeWidget} /></div>
          <ChannelPreview channel={value} widget={chat.widget} />
        </div>
      </Group>
      <Words widget={chat.widget} change={changeWidget} />
      <Data widget={chat.widget} change={changeWidget} />
      <ByMailFields mail={chat.mail} change={(mail) => change({ mail })} />
      <Group title={t("admin.adapter")} hint={t("web.origins_hint")}>
        <Origins chat={chat} change={change} />
      </Group>
      <Secret chat={chat} change={change} />
    </>
  );
}
