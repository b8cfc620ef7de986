/** What is said of a callback and its call. */
import type { Callback, Notice } from "@hutong/api-client";
import type { TextKey } from "../../texts/catalogues";

export type Words = { key: TextKey; params: Record<string, string | number> };

/** `4:05`, `1:04:05`. */
export function lengthText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${two(rest)}` : `${String(minutes)}:${two(rest)}`;
}

/** How a callback stands, at this time. */
export function callWords(callback: Callback, now: number, time: (at: number) => string): Words {
  const { number, call } = callback;
  if (call) {
    if (call.wish === "hang_up") return { key: "call.ending", params: { number } };
    const since = call.connected_at ?? call.since;
    return { key: `call.stage.${call.stage}`, params: { number, time: lengthText((now - since) / 1000) } };
  }
  if (callback.state === "over") return { key: "call.over", params: { number, outcome: callback.outcome ?? "cancelled" } };
  if (typeof callback.next_at === "number") return { key: "call.next", params: { number, n: callback.tries, time: time(callback.next_at) } };
  if (typeof callback.from === "number" && callback.from > now) return { key: "call.wanted_from", params: { number, time: time(callback.from) } };
  return { key: "call.wanted", params: { number } };
}

export type CallNotice = Extract<Notice, { code: `call${string}` }>;

export const isOfCalls = (notice: Notice): notice is CallNotice => notice.code.startsWith("call");

/** A fact about a call. */
export function callNotice(notice: CallNotice, time: (at: number) => string): Words {
  switch (notice.code) {
    case "callback_requested":
      return typeof notice.from === "number"
        ? { key: "call.notice.requested_from", params: { number: notice.number, time: time(notice.from) } }
        : { key: "call.notice.requested", params: { number: notice.number } };
    case "callback_cancelled":
      return { key: "call.notice.cancelled", params: {} };
    case "callback_reminder":
      return { key: "call.notice.reminder", params: { time: time(notice.at) } };
    case "call_ringing":
      return { key: "call.notice.ringing", params: {} };
    case "call_connected":
      return { key: "call.notice.connected", params: {} };
    case "call_ended": {
      const { outcome } = notice;
      if (typeof notice.next_at === "number") return { key: "call.notice.ended_next", params: { outcome, n: notice.attempt, time: time(notice.next_at) } };
      return notice.seconds > 0
        ? { key: "call.notice.ended_after", params: { outcome, time: lengthText(notice.seconds) } }
        : { key: "call.notice.ended", params: { outcome } };
    }
  }
}

/** The longest note on a number that is not to be called, in characters. */
export const NOTE_MAX = 200;
