/** A phone channel, step by step: by which line it calls, whom, how often, and what people agree to. */
import type { Channel, Localized } from "@hutong/api-client";
import { CheckBox, Field, Select } from "@hutong/ui";
import { useState } from "preact/hooks";
import { t, tOr } from "../../texts/texts";
import type { Place } from "./email-fields";
import { at, withAt } from "./email.model";
import { Group, LocalizedField, named } from "./fields";
import type { FormProps } from "./forms";
import { ImCheck } from "./im-check";
import { Access, FieldsOf } from "./im-form";
import { AGAIN_AFTER, BOUNDS, CALLBACK, isLine, LINE_KINDS, lineOf, pausesOf, readPauses, retriesOf, SENDER, telephoneOf, VERIFY, WHOM, withPauses, withRetry, withTelephone } from "./phone.model";
import { phoneChannels } from "./settings-store";

function Line({ value, onValue, isNew }: FormProps<"channels">) {
  const { adapter } = value;
  const others = isLine(adapter) ? [] : [{ value: adapter, label: adapter }];
  // What one line was told means nothing to another; whom it calls stays.
  const choose = (wanted: string) => {
    const policy = at(value.settings, CALLBACK);
    onValue({ ...value, adapter: wanted, settings: (policy === undefined ? {} : { [CALLBACK]: policy }) as NonNullable<Channel["settings"]> });
  };
  return (
    <Group title={t("phone.line")} hint={t("im.network_hint")}>
      <Select bare label={t("phone.line")} value={adapter} disabled={!isNew} choices={[...named("phone.line", LINE_KINDS), ...others]} onValue={choose} data-testid="phone-line" />
      {isLine(adapter) && <p class="admin-guide" aria-live="polite">{t(`phone.guide.${adapter}`)}</p>}
    </Group>
  );
}

/** What was typed stays as it stands until it can be read. */
function Pauses({ settings, onSettings }: Place) {
  const stored = pausesOf(settings).join(", ");
  const [typed, setTyped] = useState(stored);
  const read = readPauses(typed);
  const shown = read === null || read.join(", ") === stored ? typed : stored;
  const take = (text: string) => {
    setTyped(text);
    const pauses = readPauses(text);
    if (pauses !== null) onSettings(withPauses(settings, pauses));
  };
  return (
    <Field label={t("phone.pauses")} hint={t("phone.pauses_hint")} value={shown} onValue={take} spellcheck={false} data-testid="at-retry_pauses"
      problem={readPauses(shown) === null ? t("phone.pauses_bad") : undefined} />
  );
}

function Retries({ settings, onSettings }: Place) {
  const chosen = retriesOf(settings);
  return (
    <div>
      <p class="ui-field-label" id="phone-retries">{t("phone.retry_after")}</p>
      <div class="admin-phone-retries" role="group" aria-labelledby="phone-retries">
        {AGAIN_AFTER.map((outcome) => (
          <CheckBox key={outcome} label={tOr(`call.outcome.${outcome}`, outcome)} value={chosen.includes(outcome)} onValue={(again) => onSettings(withRetry(settings, outcome, again))} />
        ))}
      </div>
    </div>
  );
}

/** Does a code go to a number before it is called, and by what? */
function Proof(place: Place) {
  const { settings, onSettings } = place;
  const on = at(settings, VERIFY) !== undefined;
  return (
    <Group title={t("phone.verify")} hint={t("phone.verify_hint")}>
      <CheckBox label={t("phone.verify_on")} value={on} onValue={(wanted) => onSettings(withAt(settings, VERIFY, wanted ? {} : undefined))} />
      {on && <FieldsOf {...place} fields={SENDER} />}
    </Group>
  );
}

function Policy(place: Place) {
  const { settings, onSettings } = place;
  const consent = (at(settings, `${CALLBACK}.consent`) ?? {}) as Localized;
  return (
    <>
      <Group title={t("phone.whom")} hint={t("phone.whom_hint")}><FieldsOf {...place} fields={WHOM} /></Group>
      <Group title={t("phone.tries")}>
        <FieldsOf {...place} fields={BOUNDS} />
        <Pauses {...place} />
        <Retries {...place} />
      </Group>
      <Proof {...place} />
      <Group title={t("phone.consent")} hint={t("phone.consent_hint")}>
        <LocalizedField long label={t("phone.consent")} value={consent} onValue={(text) => onSettings(withAt(settings, `${CALLBACK}.consent`, text))} />
      </Group>
    </>
  );
}

export function PhoneForm(props: FormProps<"channels">) {
  const { value, onValue } = props;
  const place: Place = { settings: value.settings, onSettings: (settings) => onValue({ ...value, settings }) };
  return (
    <>
      <Line {...props} />
      {/* What was typed as a secret belongs to one line. */}
      <Access key={value.adapter} {...place} connection={lineOf(value.adapter)} />
      <ImCheck channel={value} isNew={props.isNew === true} />
      <Policy {...place} />
    </>
  );
}

/** By which phone channel people of another channel are called back. */
export function CalledBackBy({ value, onValue }: FormProps<"channels">) {
  const known = phoneChannels();
  const stored = telephoneOf(value.settings);
  // One that is gone since is still named, so that it is seen.
  const lost = stored !== "" && !known.some((each) => each.value === stored) ? [{ value: stored, label: stored }] : [];
  return (
    <Group title={t("phone.called_back")}>
      <Select bare label={t("phone.called_back")} value={stored} data-testid="called-back-by"
        choices={[{ value: "", label: t("phone.called_back_never") }, ...known, ...lost]} onValue={(channel) => onValue({ ...value, settings: withTelephone(value.settings, channel) })} />
    </Group>
  );
}
