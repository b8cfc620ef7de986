/** Letters of the desk that came back, as far as somebody has to look: from the report until the desk writes again. */
import type { Message } from "@hutong/api-client";

export interface Undelivered {
  /** The report's place in the log. */
  seq: number;
  recipient: string;
  /** So many more in the same report. */
  more: number;
  /** For good, or still being tried. */
  permanent: boolean;
}

/** How many recipients a report has beside its first. */
export const othersIn = ({ others = [], unnamed = 0 }: { others?: readonly unknown[]; unnamed?: number }) => others.length + unnamed;

/** What is to be looked at after one message more. A letter that failed for good outweighs one that is late;
 * whatever the desk writes afterwards settles it. */
export function undeliveredAfter(before: Undelivered | undefined, message: Message): Undelivered | undefined {
  if (before && message.seq <= before.seq) return before;
  const { notice } = message;
  if (notice?.code === "undelivered") {
    if (before?.permanent && !notice.permanent) return before;
    return { seq: message.seq, recipient: notice.recipient, permanent: notice.permanent, more: othersIn(notice) };
  }
  return message.kind === "text" && message.author.type === "agent" ? undefined : before;
}

/** The same from a piece of the log, in order. */
export function undeliveredIn(messages: readonly Message[]): Undelivered | undefined {
  return messages.reduce<Undelivered | undefined>(undeliveredAfter, undefined);
}
