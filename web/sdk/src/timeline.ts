/** The conversation as rows on the screen: days, groups of one voice, facts. */
import type { Message } from "@hutong/api-client";
import type { ChatLog, Outgoing } from "./log.ts";

/** Messages of one voice closer than this stand together. */
const GROUP_MS = 5 * 60_000;

/** One row. */
export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "notice"; key: string; message: Message }
  | { kind: "said"; key: string; message: Message; mine: boolean; first: boolean; last: boolean }
  | { kind: "outgoing"; key: string; outgoing: Outgoing; first: boolean; last: boolean };

/** The rows, oldest first: the log, then what is still on its way. */
export function rowsOf(model: Pick<ChatLog, "messages" | "outgoing">): Row[] {
  const rows: Row[] = [];
  let before: Message | null = null;
  model.messages.forEach((message, n) => {
    if (before === null || !sameDay(before.at, message.at)) {
      rows.push({ kind: "day", key: `day-${String(message.seq)}`, at: message.at });
      before = null;
    }
    if (message.kind === "notice") {
      rows.push({ kind: "notice", key: keyOf(message), message });
    } else {
      const after = model.messages[n + 1];
      const mine = message.author.type === "contact";
      const last = after === undefined ? !(mine && model.outgoing.length > 0) : !together(message, after);
      rows.push({
        kind: "said",
        key: keyOf(message),
        message,
        mine,
        first: before === null || !together(before, message),
        last,
      });
    }
    before = message;
  });
  const mineBefore = model.messages.at(-1)?.author.type === "contact";
  model.outgoing.forEach((outgoing, n) => {
    rows.push({
      kind: "outgoing",
      key: outgoing.clientId,
      outgoing,
      first: n === 0 && !mineBefore,
      last: n === model.outgoing.length - 1,
    });
  });
  return rows;
}

/** The client's own id where there is one, so that a row stays the same when its ack comes. */
function keyOf(message: Message): string {
  return message.client_id ?? `m${String(message.seq)}`;
}

function together(a: Message, b: Message): boolean {
  return (
    a.kind === "text" && b.kind === "text" && a.author.type === b.author.type &&
    voice(a) === voice(b) && b.at - a.at < GROUP_MS && sameDay(a.at, b.at)
  );
}

function voice(message: Message): string {
  return message.author.type === "system" ? "" : message.author.id;
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
