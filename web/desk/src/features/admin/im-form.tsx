/** A messenger, step by step: which network, who we are there, what the desk does in its chats. */
import type { Channel } from "@hutong/api-client";
import { Button, Field, Select } from "@hutong/ui";
import { KeyRound } from "lucide";
import { useState } from "preact/hooks";
import { networkName } from "../../core/names";
import { isNetwork, NETWORKS } from "../../core/networks.model";
import { hasText, t, tOr } from "../../texts/texts";
import { NetworkSign } from "../conversation/line-bar";
import { ChoiceAt, FlagAt, LinesAt, NumberAt, SecretAt, TextAt, type Place } from "./email-fields";
import { at, withAt } from "./email.model";
import { Group, JsonArea, useTyped } from "./fields";
import type { FormProps } from "./forms";
import { ImCheck } from "./im-check";
import { Departments } from "./im-departments";
import {
  BOUNDS, connectionOf, DEEDS, DESK, isAsked, keysOf, makeSecret, readWords, restOf, SAID, SAME_PERSON, withRest, withWords, WORD_CHARS_MAX, WORDS_MAX, wordsOf,
  type Connection, type Deed, type ImField, type Making,
} from "./im.model";
import { SecretDialog } from "./secret";

function wordsFor(field: ImField) {
  const { label, hint } = keysOf(field);
  return { label: t(label), hint: hasText(hint) ? t(hint) : undefined };
}

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
      <SecretAt key={turn} {...place} path={field.key} {...wordsFor(field)} {...(field.boundTo ? { boundTo: field.boundTo } : {})} />
      {making && <Button size="s" look="quiet" icon={KeyRound} onClick={() => make(making)} data-testid={`make-${field.key}`}>{t("im.make")}</Button>}
      {made !== null && <SecretDialog title={wordsFor(field).label} text={t("im.made_once")} secret={made} onClose={() => setMade(null)} />}
    </div>
  );
}

function FieldOf({ field, ...place }: Place & { field: ImField }) {
  const shared = { ...place, ...wordsFor(field), path: field.key };
  switch (field.sort) {
    case "text":
      return <TextAt {...shared} {...(field.required ? { required: true } : {})} {...(field.example ? { placeholder: field.example } : {})} {...(field.charsMax ? { maxLength: field.charsMax } : {})} />;
    case "secret":
      return <Secret {...place} field={field} />;
    case "choice":
      return <ChoiceAt {...shared} usual={field.usual} choices={field.choices.map((value) => ({ value, label: tOr(`${keysOf(field).label}.${value}`, value) }))} />;
    case "lines":
      return <LinesAt {...shared} />;
    case "flag":
      return <FlagAt {...shared} usual={field.usual} />;
    case "number":
      return <NumberAt {...shared} usual={field.usual} max={field.max} />;
  }
}

export function FieldsOf({ fields, ...place }: Place & { fields: readonly ImField[] }) {
  return <div class="admin-im-fields">{fields.map((field) => <FieldOf key={field.key} {...place} field={field} />)}</div>;
}

/** Settings that no field shows. */
function Rest({ connection, settings, onSettings }: Place & { connection: Connection | null }) {
  return (
    <JsonArea label={t("im.rest")} hint={t("im.rest_hint")} value={restOf(settings, connection)} onValue={(rest) => onSettings(withRest(settings, connection, rest))}
      rows={connection?.fields.length ? 4 : 10} testId="im-rest" />
  );
}

export function Access({ connection, hint, ...place }: Place & { connection: Connection | null; hint?: string }) {
  const shown = hint ? { hint } : {};
  if (!connection || connection.fields.length === 0) return <Group title={t("im.access")} {...shown}><Rest {...place} connection={connection} /></Group>;
  const hasRest = Object.keys(restOf(place.settings, connection)).length > 0;
  const asked = (fields: readonly ImField[]) => fields.filter((field) => isAsked(field, connection, place.settings));
  return (
    <Group title={t("im.access")} {...shown}>
      <FieldsOf {...place} fields={asked(connection.fields)} />
      <details class="admin-im-more" open={hasRest}>
        <summary>{t("im.more")}</summary>
        <FieldsOf {...place} fields={asked(connection.more)} />
        <Rest {...place} connection={connection} />
      </details>
    </Group>
  );
}

function Words({ deed, settings, onSettings }: Place & { deed: Deed }) {
  const stored = wordsOf(settings, deed);
  const typed = useTyped(stored, t("list.comma"), readWords, (words) => onSettings(withWords(settings, deed, words)));
  const read = readWords(typed.value);
  const tooLong = read.find((word) => [...word].length > WORD_CHARS_MAX);
  const problem = tooLong ? t("im.word_long", { word: tooLong, most: WORD_CHARS_MAX }) : read.length > WORDS_MAX ? t("im.words_many", { most: WORDS_MAX }) : undefined;
  return <Field label={t(`im.deed.${deed}`)} hint={t(stored.length === 0 ? "im.deed_off" : `im.deed.${deed}_hint`)} problem={problem} {...typed} spellcheck={false} data-testid={`deed-${deed}`} />;
}

function InTheChat({ channel, ...place }: Place & { channel: Channel }) {
  return (
    <>
      <Group title={t("im.desk")} hint={t("im.desk_hint")}>
        {SAID.map((field) => <FieldOf key={field.key} {...place} field={field} />)}
        <FieldsOf {...place} fields={BOUNDS} />
        <div class="admin-im-fields">{(Object.keys(DEEDS) as Deed[]).map((deed) => <Words key={deed} {...place} deed={deed} />)}</div>
      </Group>
      <Group title={t("im.same_person")} hint={t("im.same_person_hint")}>{SAME_PERSON.map((field) => <FieldOf key={field.key} {...place} field={field} />)}</Group>
      <Departments {...place} channel={channel} />
    </>
  );
}

function Choose({ value, onValue, isNew }: FormProps<"channels">) {
  const { adapter } = value;
  const known: readonly string[] = isNetwork(adapter) ? NETWORKS : [...NETWORKS, adapter];
  // What one network was told means nothing to another; what the desk does there stays.
  const choose = (wanted: string) => {
    const kept = [DESK, "phone"].map((key) => [key, at(value.settings, key)] as const).filter(([, what]) => what !== undefined);
    onValue({ ...value, adapter: wanted, settings: Object.fromEntries(kept) as NonNullable<Channel["settings"]> });
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
      <Access key={value.adapter} {...place} connection={connection} hint={t("im.access_hint")} />
      <ImCheck channel={value} isNew={props.isNew === true} />
      <InTheChat {...place} channel={value} />
    </>
  );
}
