/** A messenger, step by step: which network, who we are there, what the desk does in its chats. */
import type { Channel } from "@hutong/api-client";
import { Button, CheckBox, Field, Select, TextArea } from "@hutong/ui";
import { KeyRound } from "lucide";
import { useState } from "preact/hooks";
import { networkName } from "../../core/names";
import { isNetwork, NETWORKS } from "../../core/networks.model";
import { t } from "../../texts/texts";
import { NetworkSign } from "../conversation/line-bar";
import { ChoiceAt, LinesAt, NumberAt, SecretAt, TextAt, type Place } from "./email-fields";
import { at, withAt } from "./email.model";
import { Group } from "./fields";
import type { FormProps } from "./forms";
import { ImCheck } from "./im-check";
import { Departments } from "./im-departments";
import {
  connectionOf, DEEDS, DESK, isAsked, makeSecret, readWords, restOf, withRest, withWords, WORD_CHARS_MAX, WORDS_MAX, wordsOf,
  type Connection, type Deed, type ImField, type Making,
} from "./im.model";
import { SecretDialog } from "./secret";

type SecretField = Extract<ImField, { sort: "secret" }>;

/** A secret of the network's, or one that the desk thinks up: that is shown once, to be told to the network. */
function Secret({ field, ...place }: Place & { field: SecretField }) {
  const [made, setMade] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  const { make: making } = field;
  const make = (making: Making) => {
    const secret = makeSecret(making);
    place.onSettings(withAt(place.settings, field.key, secret));
    setMade(secret);
    setTurn(turn + 1);
  };
  return (
    <div class="admin-im-secret">
      <SecretAt key={turn} {...place} path={field.key} label={t(field.label)} hint={field.hint && t(field.hint)} {...(field.boundTo ? { boundTo: field.boundTo } : {})} />
      {making && <Button size="s" look="quiet" icon={KeyRound} onClick={() => make(making)} data-testid={`make-${field.key}`}>{t("im.make")}</Button>}
      {made !== null && <SecretDialog title={t(field.label)} text={t("im.made_once")} secret={made} onClose={() => setMade(null)} />}
    </div>
  );
}

function FlagAt({ settings, onSettings, field }: Place & { field: Extract<ImField, { sort: "flag" }> }) {
  const stored = at(settings, field.key);
  const value = typeof stored === "boolean" ? stored : field.usual;
  return <CheckBox label={t(field.label)} value={value} onValue={(wanted) => onSettings(withAt(settings, field.key, wanted === field.usual ? undefined : wanted))} />;
}

function FieldOf({ field, ...place }: Place & { field: ImField }) {
  const shared = { ...place, path: field.key, label: t(field.label), hint: field.hint && t(field.hint) };
  switch (field.sort) {
    case "text":
      return <TextAt {...shared} {...(field.required ? { required: true } : {})} {...(field.example ? { placeholder: field.example } : {})} />;
    case "secret":
      return <Secret {...place} field={field} />;
    case "choice":
      return <ChoiceAt {...shared} usual={field.usual} choices={field.choices.map(({ value, label }) => ({ value, label: t(label) }))} />;
    case "lines":
      return <LinesAt {...shared} />;
    case "flag":
      return <FlagAt {...place} field={field} />;
    case "number":
      return <NumberAt {...shared} usual={field.usual} max={field.max} />;
  }
}

function FieldsOf({ fields, connection, ...place }: Place & { fields: readonly ImField[]; connection: Connection }) {
  return (
    <div class="admin-im-fields">
      {fields.filter((field) => isAsked(field, connection, place.settings)).map((field) => <FieldOf key={field.key} {...place} field={field} />)}
    </div>
  );
}

/** Settings that no field shows, as JSON; kept as typed until they can be read. */
function Rest({ connection, ...place }: Place & { connection: Connection | null }) {
  const { settings, onSettings } = place;
  const [text, setText] = useState(() => JSON.stringify(restOf(settings, connection), null, 2));
  const [bad, setBad] = useState(false);
  const take = (typed: string) => {
    setText(typed);
    try {
      const parsed: unknown = JSON.parse(typed.trim() === "" ? "{}" : typed);
      const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
      setBad(!isObject);
      if (isObject) onSettings(withRest(settings, connection, parsed as Record<string, unknown>));
    } catch {
      setBad(true);
    }
  };
  return (
    <TextArea label={t("im.rest")} hint={t("im.rest_hint")} value={text} onValue={take} rows={connection?.fields.length ? 4 : 10} spellcheck={false}
      problem={bad ? t("admin.raw_bad") : undefined} data-testid="im-rest" />
  );
}

function Access({ connection, ...place }: Place & { connection: Connection | null }) {
  if (!connection || connection.fields.length === 0) return <Group title={t("im.access")} hint={t("im.access_hint")}><Rest {...place} connection={connection} /></Group>;
  const hasRest = Object.keys(restOf(place.settings, connection)).length > 0;
  return (
    <Group title={t("im.access")} hint={t("im.access_hint")}>
      <FieldsOf {...place} connection={connection} fields={connection.fields} />
      <details class="admin-im-more" open={hasRest}>
        <summary>{t("im.more")}</summary>
        <FieldsOf {...place} connection={connection} fields={connection.more} />
        <Rest {...place} connection={connection} />
      </details>
    </Group>
  );
}

function Words({ deed, settings, onSettings }: Place & { deed: Deed }) {
  const stored = wordsOf(settings, deed);
  const [text, setText] = useState(stored.join(t("list.comma")));
  const read = readWords(text);
  const shown = read.join() === stored.join() ? text : stored.join(t("list.comma"));
  const tooLong = read.find((word) => [...word].length > WORD_CHARS_MAX);
  const problem = tooLong ? t("im.word_long", { word: tooLong, most: WORD_CHARS_MAX }) : read.length > WORDS_MAX ? t("im.words_many", { most: WORDS_MAX }) : undefined;
  const take = (typed: string) => {
    setText(typed);
    onSettings(withWords(settings, deed, readWords(typed)));
  };
  return <Field label={t(`im.deed.${deed}`)} hint={t(stored.length === 0 ? "im.deed_off" : `im.deed.${deed}_hint`)} problem={problem} value={shown} onValue={take} spellcheck={false} data-testid={`deed-${deed}`} />;
}

type FlagName = "acknowledge" | "ask_rating" | "position_updates" | "show_typing" | "show_read";

function Flag({ name, hint, settings, onSettings }: Place & { name: FlagName; hint?: string }) {
  const path = `${DESK}.${name}`;
  return (
    <CheckBox label={t(`im.${name}`)} {...(hint ? { hint } : {})} value={at(settings, path) !== false}
      onValue={(wanted) => onSettings(withAt(settings, path, wanted ? undefined : false))} />
  );
}

const NUMBERS = [{ name: "update_after_secs", usual: 120, max: 3600 }, { name: "updates_max", usual: 5, max: 20 }] as const;

function InTheChat({ channel, ...place }: Place & { channel: Channel }) {
  return (
    <>
      <Group title={t("im.desk")} hint={t("im.desk_hint")}>
        <Flag {...place} name="acknowledge" hint={t("im.acknowledge_hint")} />
        <Flag {...place} name="position_updates" hint={t("im.position_updates_hint")} />
        <Flag {...place} name="ask_rating" hint={t("im.ask_rating_hint")} />
        <Flag {...place} name="show_typing" />
        <Flag {...place} name="show_read" />
        <div class="admin-im-fields">
          {NUMBERS.map(({ name, ...number }) => <NumberAt key={name} {...place} {...number} path={`${DESK}.${name}`} label={t(`im.${name}`)} hint={undefined} />)}
          <NumberAt {...place} path={`${DESK}.link_hours`} label={t("im.link_hours")} hint={t("im.link_hours_hint")} usual={168} max={720} />
        </div>
        <div class="admin-im-fields">{(Object.keys(DEEDS) as Deed[]).map((deed) => <Words key={deed} {...place} deed={deed} />)}</div>
      </Group>
      <Departments {...place} channel={channel} />
    </>
  );
}

function Choose({ value, onValue, isNew }: FormProps<"channels">) {
  const { adapter } = value;
  const known: readonly string[] = isNetwork(adapter) ? NETWORKS : [...NETWORKS, adapter];
  // What one network was told means nothing to another; what the desk does there stays.
  const choose = (wanted: string) => {
    const desk = at(value.settings, DESK);
    onValue({ ...value, adapter: wanted, settings: (desk === undefined ? {} : { [DESK]: desk }) as NonNullable<Channel["settings"]> });
  };
  return (
    <Group title={t("im.network")} hint={t("im.network_hint")}>
      <div class="admin-im-network">
        <NetworkSign adapter={adapter} />
        <Select bare label={t("im.network")} value={adapter} disabled={!isNew} choices={known.map((each) => ({ value: each, label: networkName(each) }))} onValue={choose} data-testid="im-network" />
      </div>
      {isNetwork(adapter) && <p class="admin-guide" aria-live="polite">{t(`im.guide.${adapter}`)}</p>}
    </Group>
  );
}

export function ImForm(props: FormProps<"channels">) {
  const { value, onValue } = props;
  const connection = connectionOf(value.adapter);
  const place: Place = { settings: value.settings, onSettings: (settings) => onValue({ ...value, settings }) };
  return (
    <>
      <Choose {...props} />
      {/* What was typed as a secret belongs to one network. */}
      <Access key={value.adapter} {...place} connection={connection} />
      <ImCheck channel={value} isNew={props.isNew === true} />
      <InTheChat {...place} channel={value} />
    </>
  );
}
