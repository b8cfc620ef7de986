/** An address of a contact on a channel, and whether it is proved. */
import type { Identity } from "@hutong/api-client";
import { Badge } from "@hutong/ui";
import { BadgeCheck, CircleHelp } from "lucide";
import { channelName } from "../../core/names";
import { t, tOr } from "../../texts/texts";
import { identityText } from "./model";

export function IdentityRow({ identity }: { identity: Identity }) {
  return (
    <li class="panel-identity">
      <span>
        <small>{tOr(`identity.${identity.kind}`, identity.kind)} · {channelName(identity.channel)}</small>
        <span class="panel-value">{identityText(identity)}</span>
      </span>
      {identity.verified
        ? <Badge tone="success" icon={BadgeCheck} title={t("identity.verified_hint")}>{t("identity.verified")}</Badge>
        : <Badge icon={CircleHelp} title={t("identity.claimed_hint")}>{t("identity.claimed")}</Badge>}
    </li>
  );
}
