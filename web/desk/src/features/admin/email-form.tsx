/** A mailbox, step by step: whose mail it is, how letters come and go, what is trusted, what is known by rules. */
import type { Localized } from "@hutong/api-client";
import { Field, Select } from "@hutong/ui";
import { useState } from "preact/hooks";
import { t } from "../../texts/texts";
import { isAddress } from "../letters/model";
import { FlagAt, LinesAt, TextAt, type Place } from "./email-fields";
import { Rules } from "./email-rules";
import { Servers } from "./email-servers";
import { at, bytesOfMebibytes, BYTES_MAX_DEFAULT, listAt, mebibytes, providerOf, PROVIDERS, textAt, withAt, withProvider } from "./email.model";
import { Group, LocalizedField, named, Pair } from "./fields";
import type { FormProps } from "./forms";

function LocalizedAt({ settings, onSettings, path, label, long }: Place & { path: string; label: string; long?: boolean }) {
  const value = (at(settings, path) ?? {}) as Localized;
  return <LocalizedField label={label} {...(long ? { long } : {})} value={value} onValue={(text) => onSettings(withAt(settings, path, text))} />;
}

function Provider({ settings, onSettings, onChosen }: Place & { onChosen: () => void }) {
  const provider = providerOf(settings);
  const choose = (value: string) => {
    onSettings(withProvider(settings, PROVIDERS.find((each) => each === value) ?? "generic"));
    onChosen();
  };
  return (
    <Group title={t("email.provider")} hint={t("email.provider_hint")}>
      <Select bare label={t("email.provider")} value={provider} choices={named("email.provider", PROVIDERS)} onValue={choose} />
      <p class="admin-guide" aria-live="polite">{t(`email.guide.${provider}`)}</p>
    </Group>
  );
}

function Identity(place: Place) {
  const { settings } = place;
  const bad = (text: string | undefined) => (text && !isAddress(text) ? t("email.address_bad", { text }) : undefined);
  return (
    <Group title={t("email.identity")} hint={t("email.identity_hint")}>
      <Pair>
        <TextAt {...place} path="address" label={t("email.address")} problem={bad(textAt(settings, "address"))} placeholder={t("email.address_example")} />
        <LinesAt {...place} path="aliases" label={t("email.aliases")} hint={t("email.aliases_hint")} problem={bad(listAt(settings, "aliases").find((each) => !isAddress(each)))} />
      </Pair>
      <LocalizedAt {...place} path="name" label={t("email.display")} />
      <LocalizedAt {...place} path="signature" label={t("email.signature")} long />
      <FlagAt {...place} path="acknowledge" usual label={t("email.acknowledge")} hint={t("email.acknowledge_hint")} />
      <FlagAt {...place} path="plus_addresses" usual={false} label={t("email.plus")} hint={t("email.plus_hint")} />
    </Group>
  );
}

function Trusted(place: Place) {
  const { settings, onSettings } = place;
  const bytes = Number(at(settings, "bytes_max") ?? BYTES_MAX_DEFAULT);
  const setBytes = (text: string) => onSettings(withAt(settings, "bytes_max", Number(text) > 0 ? bytesOfMebibytes(Math.round(Number(text))) : undefined));
  return (
    <Group title={t("email.trust")}>
      <Pair>
        <LinesAt {...place} path="authserv_ids" label={t("email.authserv")} hint={t("email.authserv_hint")} />
        <Field label={t("email.bytes_max")} hint={t("email.bytes_hint")} type="number" inputMode="numeric" min="1" max="512" value={String(mebibytes(bytes))} onValue={setBytes} />
      </Pair>
    </Group>
  );
}

export function EmailForm({ value, onValue }: FormProps<"channels">) {
  // Servers begin anew with another provider: what was typed as a secret belongs to the old one.
  const [turn, setTurn] = useState(0);
  const place: Place = { settings: value.settings, onSettings: (settings) => onValue({ ...value, settings }) };
  return (
    <>
      <Provider {...place} onChosen={() => setTurn(turn + 1)} />
      <Identity {...place} />
      <Servers key={turn} {...place} />
      <Trusted {...place} />
      <Rules {...place} channel={value} />
    </>
  );
}
