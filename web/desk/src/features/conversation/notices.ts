/** System facts in the reader's language. */
import type { ChannelKind, Notice } from "@hutong/api-client";
import { agentName, queueName } from "../../core/names";
import { othersIn } from "../../core/undelivered.model";
import { desk } from "../../core/store";
import { exactText } from "@hutong/ui";
import { locale } from "../../core/preferences";
import { callNotice, isOfCalls, type CallNotice, type Words } from "../call/model";
import { t, tOr } from "../../texts/texts";

export function undeliveredText({ permanent, recipient, more }: { permanent: boolean; recipient: string; more: number }) {
  if (recipient === "") return t("chat.undelivered");
  const what = t(permanent ? "mail.undelivered" : "mail.undelivered_late", { recipient });
  return more > 0 ? t("mail.undelivered_and", { what, n: more }) : what;
}

function callText(words: Words): string {
  return t(words.key, { ...words.params, outcome: tOr(`call.outcome.${String(words.params.outcome)}`, "") });
}

export const noticeText = (notice: Notice, kind: ChannelKind): string =>
  isOfCalls(notice) ? callText(callNotice(notice, (at) => exactText(at, locale()))) : wordsOf(notice, kind);

function wordsOf(notice: Exclude<Notice, CallNotice>, kind: ChannelKind): string {
  switch (notice.code) {
    case "joined":
      return notice.agent === desk.value?.me.id ? t("notice.joined_me") : t("notice.joined", { agent: agentName(notice.agent) });
    case "requeued":
      return t("notice.requeued", { queue: queueName(notice.queue), why: tOr(`requeued.${notice.reason}`, notice.reason) });
    case "closed":
      return tOr(`notice.closed.${notice.by}`, t("notice.closed.system"));
    case "reopened":
      return t("notice.reopened");
    case "acknowledged":
      return t(kind === "email" ? "mail.acknowledged" : "chat.acknowledged");
    case "address_left":
      return t("mail.address_left", { address: notice.address });
    case "address_withdrawn":
      return t("mail.address_withdrawn");
    case "went_by_mail":
      return t("mail.went_by_mail");
    case "automatic_answer":
      return t("mail.automatic_answer", { address: notice.address, text: notice.text });
    case "undelivered":
      return undeliveredText({ ...notice, more: othersIn(notice) });
    case "edited":
      return t("chat.notice.edited", { text: notice.text });
    case "taken_back":
      return t("chat.notice.taken_back");
    case "reacted":
      return t(notice.added ? "chat.notice.reacted" : "chat.notice.unreacted", { emoji: notice.emoji });
    case "file_arrived":
      return t("chat.notice.file_arrived", { name: notice.file.name });
    case "file_missing":
      return t("chat.notice.file_missing", { why: notice.reason });
  }
}
