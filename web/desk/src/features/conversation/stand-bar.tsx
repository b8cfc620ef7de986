/** Why one cannot answer here: who holds the conversation, or that it waits or is over. */
import type { ConversationSummary } from "@hutong/api-client";
import { exactText, Icon } from "@hutong/ui";
import { Eye } from "lucide";
import { agentName, resolutionName } from "../../core/names";
import { locale } from "../../core/preferences";
import { t } from "../../texts/texts";

function standText(one: ConversationSummary): string {
  const agent = agentName(one.agent);
  switch (one.state) {
    case "active":
      return t("stand.active", { agent });
    case "wrap_up":
      return t("stand.wrap_up", { agent });
    case "offered":
      return t("stand.offered", { agent });
    case "queued":
      return t("stand.queued");
    case "scheduled":
      return t("stand.scheduled", { time: exactText(one.until ?? one.due_at, locale()) });
    case "snoozed":
      return t("stand.snoozed", { time: exactText(one.until ?? one.due_at, locale()) });
    case "closed":
      return one.info.resolution ? t("stand.closed_as", { resolution: resolutionName(one.info.resolution) }) : t("stand.closed");
  }
}

export function StandBar({ one }: { one: ConversationSummary }) {
  return (
    <p class="stand" role="status">
      <Icon icon={Eye} />
      {standText(one)}
    </p>
  );
}
