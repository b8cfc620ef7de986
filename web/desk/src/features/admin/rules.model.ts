/** Rules of a mailbox: which one a letter meets, what comes of it, and their order. */
import type { Channel, Queue } from "@hutong/api-client";
import type { MailRule } from "./email.model";

/** What a rule looks at. */
export interface Told {
  from: string;
  subject: string;
  important: boolean;
}

/** Does every condition hold? The same comparisons as the gateway's. */
export function fits(rule: MailRule, { from, subject, important }: Told): boolean {
  const address = from.trim().toLowerCase();
  const domain = address.slice(address.lastIndexOf("@") + 1);
  const wanted = (rule.from_domain ?? "").toLowerCase().replace(/^@/u, "");
  return (wanted === "" || domain === wanted || domain.endsWith(`.${wanted}`))
    && (!rule.from || rule.from.toLowerCase() === address)
    && (!rule.subject_contains || subject.toLowerCase().includes(rule.subject_contains.toLowerCase()))
    && (rule.important === undefined || rule.important === important);
}

/** The place of the rule that is taken; null when none fits. */
export function ruleFor(rules: readonly MailRule[], told: Told): number | null {
  const at = rules.findIndex((rule) => fits(rule, told));
  return at < 0 ? null : at;
}

/** A rule without conditions fits every letter: those behind it are never asked. */
export const takesAll = (rule: MailRule) => !rule.from_domain && !rule.from && !rule.subject_contains && rule.important === undefined;

/** The rules with one moved by a step; as they were where it cannot go further. */
export function moved(rules: readonly MailRule[], at: number, step: 1 | -1): readonly MailRule[] {
  const [one, other] = [rules[at], rules[at + step]];
  if (!one || !other) return rules;
  return rules.map((rule, n) => (n === at ? other : n === at + step ? one : rule));
}

export interface Effect {
  queue: string;
  requestType: string;
  audience: string;
  /** So many seconds earlier than others is it due; null when the queue is not known. */
  headStartSecs: number | null;
}

type Topics = Pick<Channel, "topics" | "audience">;

/** What a rule comes to: the queue of its topic, and what that queue gives its request type and audience. */
export function effectOf(rule: MailRule, { topics, audience }: Topics, queues: readonly Queue[]): Effect {
  const topic = rule.topic ? topics.find((each) => each.id === rule.topic) : topics.length === 1 ? topics[0] : undefined;
  const found = { queue: topic?.queue ?? "", requestType: rule.request_type ?? topic?.request_type ?? "", audience: rule.audience ?? audience };
  const queue = queues.find((each) => each.id === found.queue);
  if (!queue) return { ...found, headStartSecs: null };
  const audiences = (queue.priority?.audiences ?? {}) as Record<string, number>;
  return { ...found, headStartSecs: (queue.priority?.request_types?.[found.requestType] ?? 0) + (audiences[found.audience] ?? 0) };
}
