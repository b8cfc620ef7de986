/** The same person on other channels: what proves it, and the word that tells them apart again. */
import type { Schemas } from "@hutong/api-client";
import { Badge, Button, exactText } from "@hutong/ui";
import { MessageCircle } from "lucide";
import { useState } from "preact/hooks";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { IdentityRow } from "./identity-row";

type Fellow = Schemas["SamePerson"];

function FellowRow({ one, verb, onChange }: { one: Fellow; verb: string; onChange: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const change = () => {
    setBusy(true);
    onChange().catch(setProblem).finally(() => setBusy(false));
  };
  return (
    <li class="panel-fellow" data-testid="fellow">
      <b>{one.contact.name || t("person.nameless")}</b>
      {one.open.length > 0 && <Badge tone="brand" icon={MessageCircle}>{t("person.open")}</Badge>}
      <small title={exactText(one.since, locale())}>{t(`person.by.${one.by}`)}</small>
      <ul class="panel-identities">{one.contact.identities.map((each) => <IdentityRow key={`${each.channel}${each.value}`} identity={each} />)}</ul>
      <Button size="s" disabled={busy} onClick={change} data-testid="fellow-change">{verb}</Button>
      {problem !== null && <p class="panel-quiet" role="alert">{problemText(problem)}</p>}
    </li>
  );
}

export function Elsewhere({ person, onChanged }: { person: Schemas["ContactCard"]; onChanged: () => void }) {
  const separate = (one: Fellow) => api.delete(`/contacts/${one.contact.id}/person`).then(onChanged);
  const joinAgain = (one: Fellow) => api.put(`/contacts/${person.id}/person/${one.contact.id}`, {}).then(onChanged);
  return (
    <>
      {person.same_person.length > 0 && (
        <ul class="panel-identities">
          {person.same_person.map((one) => <FellowRow key={one.contact.id} one={one} verb={t("person.not")} onChange={() => separate(one)} />)}
        </ul>
      )}
      {person.separated.length > 0 && (
        <>
          <h4 class="panel-apart">{t("person.separated")}</h4>
          <ul class="panel-identities">
            {person.separated.map((one) => <FellowRow key={one.contact.id} one={one} verb={t("person.again")} onChange={() => joinAgain(one)} />)}
          </ul>
        </>
      )}
    </>
  );
}
