/** Who wrote a letter, whom it reaches, and what was checked of where it comes from. */
import type { MailAddress, MailHead, MailTrust } from "@hutong/api-client";
import { Badge, Icon } from "@hutong/ui";
import { ChevronDown, ChevronUp, Shield, ShieldAlert, ShieldCheck } from "lucide";
import { useId, useState } from "preact/hooks";
import { t } from "../../texts/texts";
import { addressText, trustOf, type Trust } from "./model";

const BADGES = {
  verified: { tone: "success", icon: ShieldCheck },
  unverified: { tone: "neutral", icon: Shield },
  failed: { tone: "danger", icon: ShieldAlert },
} as const;

const CHECKS = [["SPF", "spf"], ["DKIM", "dkim"], ["DMARC", "dmarc"]] as const;

/** `SPF: passed, DKIM: passed, DMARC: not checked`. */
function checksText(trust: MailTrust | undefined): string {
  return CHECKS.map(([name, key]) => t("mail.check", { name, verdict: t(`mail.verdict.${trust?.[key] ?? "none"}`) })).join(t("list.comma"));
}

export function TrustBadge({ head }: { head: MailHead }) {
  const level: Trust = trustOf(head.trust);
  const { tone, icon } = BADGES[level];
  const more = `${t(`mail.trust_hint.${level}`)} ${checksText(head.trust)}`;
  return (
    <span class="letter-trust" data-testid="letter-trust" data-trust={level}>
      <Badge tone={tone} icon={icon} title={more}>{t(`mail.trust.${level}`)}</Badge>
      <span class="ui-sr">{more}</span>
    </span>
  );
}

const shortName = ({ address, name }: MailAddress) => name || address;

/** The first two, and how many more. */
export function shortList(people: readonly MailAddress[]): string {
  const shown = people.slice(0, 2).map(shortName).join(t("list.comma"));
  return people.length > 2 ? `${shown} ${t("mail.others", { n: people.length - 2 })}` : shown;
}

function People({ label, people }: { label: string; people: readonly MailAddress[] }) {
  if (people.length === 0) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd>{people.map((one) => <span key={one.address} class="letter-person">{one.name && <b>{one.name}</b>} {one.address}</span>)}</dd>
    </>
  );
}

/** Whom a letter reaches: a line, and everything behind it. */
export function Envelope({ head, mine }: { head: MailHead; mine: boolean }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { to = [], cc = [] } = head;
  const line = ([["mail.to", to], ["mail.cc", cc]] as const).filter(([, people]) => people.length > 0)
    .map(([label, people]) => `${t(label)} ${shortList(people)}`).join(" · ");
  return (
    <div class="letter-envelope">
      <button type="button" class="letter-fold" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)} data-testid="letter-envelope">
        <span class="letter-fold-words">
          {line || t("mail.details")}
        </span>
        <Icon icon={open ? ChevronUp : ChevronDown} size={13} />
        {line && <span class="ui-sr">{t("mail.details")}</span>}
      </button>
      <dl id={id} hidden={!open}>
        <People label={t("mail.from")} people={[head.from]} />
        <People label={t("mail.reply_to")} people={head.reply_to ? [head.reply_to] : []} />
        <People label={t("mail.to")} people={to} />
        <People label={t("mail.cc")} people={cc} />
        {!mine && <dt>{t("mail.checks")}</dt>}
        {!mine && <dd>{checksText(head.trust)}</dd>}
      </dl>
    </div>
  );
}

export const whomText = (people: readonly MailAddress[]): string => {
  const [first] = people;
  if (!first) return t("mail.whom_none");
  const who = addressText(first);
  return people.length === 1 ? who : `${who} ${t("mail.others", { n: people.length - 1 })}`;
};
