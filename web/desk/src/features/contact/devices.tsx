/** The devices on which a person uses the app, and whether what was said has reached them. */
import type { ConversationSummary, Schemas } from "@hutong/api-client";
import { Badge, exactText, relativeText } from "@hutong/ui";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { t } from "../../texts/texts";
import { deviceStand } from "./model";

type Device = Schemas["ContactDevice"];

export function Devices({ one, devices }: { one: ConversationSummary; devices: Device[] }) {
  return (
    <ul class="panel-identities">
      {devices.map((device) => {
        const stand = deviceStand(device, one);
        return (
          <li class="panel-fellow" key={`${device.provider}${device.seen_at}`} data-testid="device">
            <b>{[device.model || device.provider, device.app_version].filter(Boolean).join(" · ")}</b>
            <Badge tone={stand === "here" || stand === "read" ? "success" : "neutral"}>{t(`device.${stand}`)}</Badge>
            <small title={exactText(device.seen_at, locale())}>{relativeText(device.seen_at, now.value, locale())}</small>
          </li>
        );
      })}
    </ul>
  );
}
