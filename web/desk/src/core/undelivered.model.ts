/** Letters of the desk that came back, as far as somebody has to look: from the report until the desk writes again. */
import type { Message } from "@hutong/api-client";

export interface Undelivered {
  /** The report's place in the log. */
  seq: number;
  recipient: string;
  /** For good, or still being tried. */
  permanent: boolean;
}

/** What is to be looked at after one message more. A letter that failed for good outweighs one that is late;
 * whatever the desk writes afterwards settles it. */
export function undeliveredAfter(before: Undelivered | undefined, message: Message): Undelivered | undefined {
  if (before && message.seq <= before.seq) return before;
  const { notice } = message;
  if (notice?.code === "undelivered") {
    if (before?.permanent && !notice.permanent) return before;
    return { seq: message.seq, recipient: notice.recipient, permanent: notice.permanent };
  }
  return message.kind === "text" && message.author.type === "agent" ? undefined : before;
}

/** The same from a piece of the log, in order. */
export function undeliveredIn(messages: readonly Message[]): Undelivered | undefined {
  return messages.reduce<Undelivered | undefined>(undeliveredAfter, undefined);
}
