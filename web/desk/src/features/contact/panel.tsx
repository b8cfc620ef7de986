/** The right pane: who the person is, what is known, why me, and what was before. */
import "./panel.css";
import type { ConversationSummary, Schemas } from "@hutong/api-client";
import { Avatar, Badge, exactText, Icon, relativeText, Select, Spinner } from "@hutong/ui";
import { BadgeCheck, CircleHelp, ExternalLink } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { describe } from "../../core/actions";
import { now } from "../../core/clock";
import { isHeld } from "../../core/desk.model";
import { Link } from "../../core/link";
import { contactName, queueName, requestTypeName, resolutionName } from "../../core/names";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { desk } from "../../core/store";
import { inWords, t, tOr } from "../../texts/texts";
import { WhyMe } from "../why/why";
import { IdentityRow } from "./identity-row";
import { attributeText, isShown, safePage } from "./model";
import { Devices } from "./devices";
import { Elsewhere } from "./elsewhere";

type Person = Schemas["ContactCard"];

function usePerson(contact: string | undefined) {
  const [person, setPerson] = useState<Person | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (contact === undefined) return;
    let current = true;
    api.get<Person>(`/contacts/${contact}`).then(
      (found) => current && setPerson(found),
      (error: unknown) => current && setProblem(error),
    );
    return () => {
      current = false;
    };
  }, [contact, asked]);
  return { person, problem, askAgain: () => setAsked((last) => last + 1) };
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel-section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function RequestType({ one }: { one: ConversationSummary }) {
  const state = desk.value;
  const [asked, setAsked] = useState<string | null>(null);
  if (!state) return null;
  const chosen = asked ?? one.info.request_type ?? "";
  // What was chosen stands until the desk knows it, or knows that it was refused.
  const choose = (type: string) => {
    setAsked(type);
    void describe(one.id, { request_type: type }).finally(() => setAsked((last) => (last === type ? null : last)));
  };
  if (!isHeld(state, one)) return <p>{chosen ? requestTypeName(chosen) : t("panel.no_request_type")}</p>;
  const choices = state.requestTypes.map((type) => ({ value: type.id, label: inWords(type.name, type.id) }));
  return (
    <Select
      bare
      label={t("panel.request_type")}
      value={chosen}
      choices={chosen ? choices : [{ value: "", label: t("panel.no_request_type") }, ...choices]}
      onValue={choose}
      data-testid="request-type"
    />
  );
}

function Facts({ one, person }: { one: ConversationSummary; person: Person | null }) {
  const page = safePage(one.info.page_url);
  const facts = Object.entries(person?.attributes ?? {}).filter(([name]) => isShown(name));
  return (
    <dl class="panel-facts">
      <dt>{t("panel.language")}</dt>
      <dd>{t(`language.${one.info.locale}`)}</dd>
      <dt>{t("panel.opened")}</dt>
      <dd title={exactText(one.opened_at, locale())}>{relativeText(one.opened_at, now.value, locale())}</dd>
      {page && <dt>{t("panel.page")}</dt>}
      {page && <dd><a href={page} target="_blank" rel="noopener noreferrer nofollow">{page.replace(/^https?:\/\//u, "")} <Icon icon={ExternalLink} size={11} /></a></dd>}
      {facts.map(([name, value]) => [<dt key={`${name}-name`}>{tOr(`fact.${name}`, name)}</dt>, <dd key={name}>{attributeText(value)}</dd>])}
    </dl>
  );
}

function Earlier({ one, person }: { one: ConversationSummary; person: Person | null }) {
  const earlier = (person?.conversations ?? []).filter((each) => each.id !== one.id);
  if (earlier.length === 0) return <p class="panel-quiet">{t("earlier.none")}</p>;
  return (
    <ul class="panel-earlier">
      {earlier.slice(0, 20).map((each) => (
        <li key={each.id}>
          <Link to={{ page: "work", tab: "done", conversation: each.id, q: "" }}>
            <b>{each.info.request_type ? requestTypeName(each.info.request_type) : queueName(each.queue)}</b>
            <small title={exactText(each.opened_at, locale())}>
              {relativeText(each.closed_at ?? each.opened_at, now.value, locale())}
              {each.info.resolution ? ` · ${resolutionName(each.info.resolution)}` : ""}
            </small>
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function ContactPanel({ id }: { id: string }) {
  const one = desk.value?.known.get(id);
  const { person, problem, askAgain } = usePerson(one?.contact);
  if (!one) return <aside class="panel" aria-label={t("panel.label")} />;
  return (
    <aside class="panel" aria-label={t("panel.label")} tabIndex={0}>
      <header class="panel-head">
        <Avatar name={contactName(one)} seed={one.contact} size={56} />
        <h2>{contactName(one)}</h2>
        <p>
          <Badge>{t(`audience.${person?.audience ?? one.info.audience}`)}</Badge>
          {one.info.verified ? <Badge tone="success" icon={BadgeCheck}>{t("identity.verified")}</Badge> : <Badge icon={CircleHelp}>{t("identity.claimed")}</Badge>}
        </p>
      </header>
      <Section title={t("panel.request_type")}><RequestType one={one} /></Section>
      <Section title={t("panel.identities")}>
        {person ? <ul class="panel-identities">{person.identities.map((each) => <IdentityRow key={`${each.channel}${each.value}`} identity={each} />)}</ul>
          : problem ? <p class="panel-quiet">{problemText(problem)}</p> : <Spinner label={t("loading")} />}
      </Section>
      {person && person.same_person.length + person.separated.length > 0 && (
        <Section title={t("person.title")}><Elsewhere person={person} onChanged={askAgain} /></Section>
      )}
      {person && person.devices.length > 0 && <Section title={t("device.title")}><Devices one={one} devices={person.devices} /></Section>}
      <Section title={t("panel.facts")}><Facts one={one} person={person} /></Section>
      <Section title={t("panel.why")}><WhyMe one={one} /></Section>
      <Section title={t("panel.earlier")}><Earlier one={one} person={person} /></Section>
    </aside>
  );
}
