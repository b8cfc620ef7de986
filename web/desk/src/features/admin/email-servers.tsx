/** How letters come in and leave: servers, log-ins, tokens, signatures. */
import { Field, Select } from "@hutong/ui";
import { t } from "../../texts/texts";
import { ChoiceAt, NumberAt, SecretAt, Switched, TextAt, type Place } from "./email-fields";
import { afterOf, AFTERS, AUTHS, hasPart, MAILBOX, SECURITIES, textAt, usualPort, withAt } from "./email.model";
import { named, Pair } from "./fields";

const STARTS = ["unseen", "all", "new"] as const;

function Server({ part, ...place }: Place & { part: "imap" | "smtp" }) {
  const { settings, onSettings } = place;
  const security = textAt(settings, `${part}.security`) || "tls";
  const auth = textAt(settings, `${part}.auth`) || "password";
  const needsOauth = auth === "xoauth2" && !hasPart(settings, "oauth");
  // With tokens there is no password; the gateway refuses one that stands there.
  const chooseAuth = (value: string) => {
    const next = withAt(settings, `${part}.auth`, value);
    onSettings(value === "xoauth2" ? withAt(next, `${part}.password`, undefined) : next);
  };
  return (
    <>
      <div class="admin-server">
        <TextAt {...place} path={`${part}.host`} label={t("email.host")} required />
        <ChoiceAt {...place} path={`${part}.security`} label={t("email.security")} usual="tls" choices={named("email.security", SECURITIES)}
          problem={security === "plain" ? t("email.security_plain") : undefined} />
        <NumberAt {...place} path={`${part}.port`} label={t("email.port")} usual={usualPort(part, security)} max={65_535} />
      </div>
      <div class="admin-server">
        <TextAt {...place} path={`${part}.user`} label={t("email.user")} />
        <Select label={t("email.auth")} value={auth} onValue={chooseAuth} choices={named("email.auth", AUTHS)}
          problem={needsOauth ? t("email.auth_needs_oauth") : undefined} data-testid={`at-${part}.auth`} />
        {auth === "password" && <SecretAt {...place} path={`${part}.password`} label={t("email.password")} boundTo={[`${part}.host`]} />}
      </div>
    </>
  );
}

function Imap(place: Place) {
  const { settings, onSettings } = place;
  const { after, folder } = afterOf(textAt(settings, "imap.after"));
  const write = (kind: string, name: string) => onSettings(withAt(settings, "imap.after", kind === "move" ? `move:${name}` : kind));
  return (
    <Switched {...place} part="imap">
      <Server {...place} part="imap" />
      <div class="admin-server">
        <TextAt {...place} path="imap.mailbox" label={t("email.mailbox")} placeholder={MAILBOX} />
        <ChoiceAt {...place} path="imap.start" label={t("email.start")} usual="unseen" choices={named("email.start", STARTS)} />
        <Select label={t("email.after")} value={after} choices={named("email.after", AFTERS)} onValue={(kind) => write(kind, folder)} />
        {after === "move" && <Field label={t("email.folder")} value={folder} required onValue={(name) => write("move", name)} />}
      </div>
    </Switched>
  );
}

export function Servers(place: Place) {
  const { settings } = place;
  return (
    <>
      <Imap {...place} />
      <Switched {...place} part="smtp">
        <Server {...place} part="smtp" />
        <Pair><NumberAt {...place} path="smtp.per_minute" label={t("email.per_minute")} hint={t("admin.zero_none")} usual={0} max={100_000} /></Pair>
      </Switched>
      <Switched {...place} part="oauth">
        <TextAt {...place} path="oauth.token_url" label={t("email.token_url")} required />
        <Pair>
          <TextAt {...place} path="oauth.client_id" label={t("email.client_id")} required />
          <SecretAt {...place} path="oauth.client_secret" label={t("email.client_secret")} boundTo={["oauth.token_url"]} />
        </Pair>
        <Pair>
          <TextAt {...place} path="oauth.scope" label={t("email.scope")} />
          <SecretAt {...place} path="oauth.refresh_token" label={t("email.refresh_token")} boundTo={["oauth.token_url"]} />
        </Pair>
      </Switched>
      <Switched {...place} part="lmtp">
        <Pair><TextAt {...place} path="lmtp.listen" label={t("email.listen")} hint={t("email.listen_hint")} required /></Pair>
      </Switched>
      <Switched {...place} part="dkim">
        <Pair>
          <TextAt {...place} path="dkim.domain" label={t("email.dkim_domain")} required />
          <TextAt {...place} path="dkim.selector" label={t("email.selector")} required
            hint={t("email.selector_hint", { selector: textAt(settings, "dkim.selector") || "…", domain: textAt(settings, "dkim.domain") || "…" })} />
        </Pair>
        <SecretAt {...place} path="dkim.private_key" label={t("email.private_key")} long />
      </Switched>
    </>
  );
}
