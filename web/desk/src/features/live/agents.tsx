/** Agents by state, with how much they hold. */
import { Avatar, Badge, durationText, EmptyState, exactText, IconButton } from "@hutong/ui";
import { Coffee, Users } from "lucide";
import { attempt } from "../../core/actions";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
import { live, lookNow } from "./live-store";
import { byPresence, type AgentNow } from "./model";

async function sendAway(agent: AgentNow) {
  await attempt(() => api.post(`/agents/${agent.agent}/presence`, { presence: "away" }));
  lookNow();
}

function Load({ agent }: { agent: AgentNow }) {
  const share = agent.units > 0 ? Math.min(1, agent.used / agent.units) : 0;
  return (
    <span class="load" role="meter" aria-valuemin={0} aria-valuemax={agent.units} aria-valuenow={agent.used} aria-label={t("live.load", { used: agent.used, units: agent.units })}>
      <span class="load-bar" style={{ width: `${share * 100}%` }} />
    </span>
  );
}

function AgentRow({ agent }: { agent: AgentNow }) {
  const offline = agent.presence === "offline";
  return (
    <li class={offline ? "agent agent-off" : "agent"} data-testid={`agent-${agent.agent}`}>
      <Avatar name={agent.name} seed={agent.agent} size={32}>
        <span class={`desk-dot desk-dot-${agent.presence} agent-dot`} />
      </Avatar>
      <span class="agent-name">{agent.name}</span>
      <span class="agent-state" title={exactText(agent.since, locale())}>
        {t(`presence.${agent.presence}`)}{offline ? "" : ` · ${durationText(now.value - agent.since, locale())}`}
      </span>
      {offline ? <span /> : <Load agent={agent} />}
      <span class="agent-held">{offline ? "" : t("live.held", { n: agent.held })}</span>
      {agent.offered ? <Badge tone="brand">{t("live.offered_now")}</Badge>
        : agent.presence === "ready" || agent.presence === "not_answering"
          ? <IconButton icon={Coffee} label={t("live.send_away", { agent: agent.name })} onClick={() => void sendAway(agent)} />
          : <span class="agent-nothing" />}
    </li>
  );
}

export function Agents() {
  const agents = byPresence(live.value?.agents ?? []);
  return (
    <section class="live-card" aria-label={t("live.agents")}>
      <h2>{t("live.agents")}</h2>
      {agents.length === 0
        ? <EmptyState icon={Users} title={t("live.no_agents")}>{t("live.no_agents_text")}</EmptyState>
        : <ul class="agents">{agents.map((agent) => <AgentRow key={agent.agent} agent={agent} />)}</ul>}
    </section>
  );
}
