/** Keeping a list of messages in order and without doubles. */
import type { Message } from "@hutong/api-client";

/** Both lists as one, by seq; of two with the same seq the later heard one stays. */
export function merged(known: readonly Message[], heard: readonly Message[]): Message[] {
  if (heard.length === 0) return [...known];
  const last = known.at(-1);
  const first = heard[0];
  if (last === undefined) return ordered(heard);
  if (heard.length === 1 && first !== undefined && first.seq > last.seq) return [...known, first];
  return ordered([...known, ...heard]);
}

function ordered(messages: readonly Message[]): Message[] {
  const bySeq = new Map(messages.map((message) => [message.seq, message]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** The highest seq, 0 for none. */
export function lastSeq(messages: readonly Message[]): number {
  return messages.at(-1)?.seq ?? 0;
}

/** Is this something that an agent said to the person? */
export function fromAgent(message: Message): boolean {
  return message.author.type === "agent" && message.kind === "text";
}
