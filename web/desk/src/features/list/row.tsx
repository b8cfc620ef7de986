/** One conversation in a list. */
import type { ConversationSummary, Message } from "@hutong/api-client";
import { Avatar, exactText, Icon, relativeText } from "@hutong/ui";
import { now } from "../../core/clock";
import { unread } from "../../core/desk.model";
import { Link } from "../../core/link";
import { adapterOf, agentName, channelName, contactName, kindIcons, queueName, requestTypeName, resolutionName, viaText } from "../../core/names";
import { networkSign } from "../../core/networks.model";
import { locale } from "../../core/preferences";
import type { WorkTab } from "../../core/routes.model";
import { desk, logs, typing } from "../../core/store";
import { t } from "../../texts/texts";
import { noticeText } from "../conversation/notices";
import { Due } from "./due";

export const ROW_PX = 78;

function wordsOf(message: Message, { kind }: ConversationSummary): string {
  if (message.notice) return noticeText(message.notice, kind);
  const words = message.text || (message.files?.length ? t("message.file") : "");
  if (message.author.type !== "agent") return words;
  const who = message.author.id === desk.value?.me.id ? t("message.me") : agentName(message.author.id);
  return t("message.by", { who, words });
}

function Words({ one }: { one: ConversationSummary }) {
  const isTyping = typing.value.get(one.id);
  const waiting = logs.value.get(one.id)?.pending.find((each) => each.state === "failed");
  if (waiting) return <>{t("message.failed_in_list")}</>;
  if (isTyping?.who === "contact") return <>{t("typing.contact")}</>;
  const subject = one.last_message?.mail?.subject;
  if (one.last_message && subject) return <><b class="row-subject" data-testid="row-subject">{subject}</b> {wordsOf(one.last_message, one)}</>;
  if (one.last_message) return <>{wordsOf(one.last_message, one)}</>;
  const facts = [one.info.request_type && requestTypeName(one.info.request_type), one.info.resolution && resolutionName(one.info.resolution)];
  return <>{facts.filter(Boolean).join(" · ") || t("message.none")}</>;
}

export function Row({ one, tab, selected, gone, q = "" }: {
  one: ConversationSummary;
  tab: WorkTab;
  selected: boolean;
  gone?: boolean;
  q?: string;
}) {
  const undelivered = tab === "mine" ? desk.value?.undelivered.get(one.id) : undefined;
  const fresh = tab === "mine" ? unread(one, undelivered) : 0;
  const at = one.last_message?.at ?? one.opened_at;
  const holder = tab === "mine" ? "" : agentName(one.agent);
  return (
    <Link
      to={{ page: "work", tab, conversation: one.id, q }}
      class={`row${fresh > 0 ? " row-unread" : ""}${gone ? " row-gone" : ""}`}
      aria-current={selected ? "true" : undefined}
      data-testid="row"
      data-state={one.state}
    >
      <span class="row-face">
        <Avatar name={contactName(one)} seed={one.contact} size={40}>
          <span class="row-kind" data-adapter={adapterOf(one.channel)}>
            {one.kind === "im" ? <><span class="ui-sr">{viaText(one)}</span><span class="row-network" aria-hidden="true">{networkSign(adapterOf(one.channel))}</span></>
              : <Icon icon={kindIcons[one.kind]} size={11} label={viaText(one)} />}
          </span>
        </Avatar>
      </span>
      <span class="row-name">{contactName(one)}</span>
      <time class="row-time" title={exactText(at, locale())}>{relativeText(at, now.value, locale())}</time>
      <span class={fresh > 0 ? "row-words" : "row-words row-words-wide"}><Words one={one} /></span>
      {fresh > 0 && <span class="row-count"><span class="ui-sr">{t("list.unread", { n: fresh })}</span><span aria-hidden="true">{fresh}</span></span>}
      <span class="row-foot">
        <span class="row-queue">{one.kind === "im" && `${channelName(one.channel)} · `}{queueName(one.queue)}{holder ? ` · ${holder}` : ""}</span>
        <Due one={one} />
      </span>
    </Link>
  );
}
