/** Names and needs in the reader's words. */
import type { ChannelKind, ConversationSummary, Role } from "@hutong/api-client";
import type { IconNode } from "@hutong/ui";
import { Globe, Mail, MessageCircle, Phone, Smartphone } from "lucide";
import { readLane } from "../features/why/model";
import { inWords, t, tOr } from "../texts/texts";
import { isNetwork } from "./networks.model";
import type { AdminKind } from "./routes.model";
import { desk } from "./store";

export const kindIcons: Record<ChannelKind, IconNode> = {
  web_chat: Globe, email: Mail, im: MessageCircle, app: Smartphone, phone: Phone,
};

export const agentName = (id: string | null | undefined) => (id ? desk.value?.agents.get(id) ?? id : "");
/** Whoever changed something, as the records name them: `agent:li-na`, `api_key:…`, `cli`. */
export function actorName(actor: string): string {
  const [kind = "", ...rest] = actor.split(":");
  const id = rest.join(":");
  return kind === "agent" ? agentName(id) : tOr(`actor.${kind}`, actor);
}

export const queueName = (id: string) => inWords(desk.value?.queues.get(id), id);
export const channelName = (id: string) => inWords(desk.value?.channels.get(id)?.name, id);
/** Which network a channel is, where it is a messenger. */
export const adapterOf = (id: string) => desk.value?.channels.get(id)?.adapter ?? "";
export const skillName = (id: string) => inWords(desk.value?.skills.get(id)?.name, id);
export const kindName = (kind: ChannelKind) => t(`kind.${kind}`);
/** What people call a messenger; one that the desk does not know has its adapter's name. */
export const networkName = (adapter: string) => (isNetwork(adapter) ? t(`network.${adapter}`) : adapter);

/** By which way somebody writes: messengers by the name of their channel, of which there may be many. */
export const viaText = ({ kind, channel }: Pick<ConversationSummary, "kind" | "channel">) => (kind === "im" ? channelName(channel) : kindName(kind));
export const requestTypeName = (id: string) => inWords(desk.value?.requestTypes.find((type) => type.id === id)?.name, id);
export const resolutionName = (id: string) => tOr(`resolution.${id}`, id);

export function contactName(one: ConversationSummary): string {
  return one.info.contact_name || t("contact.nameless");
}

/** `Tax ≥ 4, Mandarin ≥ 1`, or that anybody will do. */
export function skillsText(skills: readonly (readonly [string, number])[]): string {
  if (skills.length === 0) return t("need.anyone");
  return skills.map(([id, level]) => t("need.skill", { skill: skillName(id), level })).join(t("list.comma"));
}

export function laneText(lane: string): string {
  const need = readLane(lane);
  if (need.only) return t("need.only", { agent: agentName(need.only) });
  return skillsText(need.skills);
}

const RANK: Record<Role, number> = { agent: 0, supervisor: 1, admin: 2 };

/** Has the signed-in person this role, or one that includes it? */
export function mayAs(role: Role): boolean {
  const mine = desk.value?.me.role;
  return mine !== undefined && RANK[mine] >= RANK[role];
}

/** Settings are for admins; the numbers that nobody calls are for supervisors too. */
export const maySee = (kind: AdminKind): boolean => mayAs(kind === "refused_numbers" ? "supervisor" : "admin");
