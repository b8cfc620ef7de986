/** The first page: what people ask about, and the conversation that goes on. */
import { localized, over, unreadOf, type ChatTopic } from "@hutong/chat";
import { Spinner } from "@hutong/ui";
import { Icon, type IconNode } from "@hutong/ui/icon";
import { dayText, sameDay, timeText } from "@hutong/ui/time";
import { Building2, ChevronRight, FileQuestionMark, Languages, Megaphone, MessageCircleMore, ReceiptText, ShieldCheck, Smartphone } from "lucide";
import { useApp } from "../state.ts";

const ICONS: Record<string, IconNode> = {
  tax: ReceiptText, social_insurance: ShieldCheck, business_registration: Building2, platform_fault: Smartphone, complaint: Megaphone, english: Languages,
};

export function Home() {
  const { app, state, t } = useApp();
  const { channel, person, log } = state;
  const open = log.conversation !== null && !over(log.conversation);
  return (
    <main class="page">
      <h2 class="page-title">{person === null ? t("hello_nobody") : t("hello", { name: person.name })}</h2>
      {(log.conversation !== null || log.outgoing.length > 0) && <GoOn open={open} />}
      {channel === "loading" ? <p class="middle"><Spinner size={24} label={t("loading")} /></p>
        : channel === "failed" ? <div class="middle"><p>{t("failed")}</p><button type="button" class="wide-button" onClick={() => void app.load()}>{t("again")}</button></div>
        : !open && (
          <>
            <p class="soft">{t("ask")}</p>
            <ul class="tiles">{channel.topics.map((topic) => <li key={topic.id}><Topic topic={topic} /></li>)}</ul>
          </>
        )}
    </main>
  );
}

function GoOn({ open }: { open: boolean }) {
  const { app, state, t } = useApp();
  const unread = unreadOf(state.log);
  const name = state.log.conversation ? localized(state.log.conversation.queue_name, state.locale) : "";
  return (
    <button type="button" class="tile tile-strong" onClick={() => app.set({ view: "chat" })} data-testid="go-on">
      <span class="tile-icon"><Icon icon={MessageCircleMore} size={26} /></span>
      <span class="tile-words"><b>{t(open ? "go_on" : "over")}</b><small>{unread > 0 ? t("unread", { n: unread }) : t("go_on_note", { queue: name })}</small></span>
      {unread > 0 ? <span class="count" aria-hidden="true">{unread}</span> : <Icon icon={ChevronRight} size={20} />}
    </button>
  );
}

function Topic({ topic }: { topic: ChatTopic }) {
  const { app, state, t } = useApp();
  return (
    <button type="button" class="tile" onClick={() => app.set({ view: "chat", topic: topic.id })} data-testid="topic" data-topic={topic.id}>
      <span class="tile-icon"><Icon icon={ICONS[topic.id] ?? FileQuestionMark} size={26} /></span>
      <span class="tile-words"><b>{localized(topic.name, state.locale)}</b><small>{hours()}</small></span>
      <Icon icon={ChevronRight} size={20} />
    </button>
  );

  function hours(): string {
    if (topic.open) {
      const minutes = Math.ceil((topic.usual_wait_secs ?? 0) / 60);
      return minutes > 1 ? t("wait_usual", { n: minutes }) : t("wait_short");
    }
    if (typeof topic.opens_at !== "number") return t("closed");
    const now = Date.now();
    const day = sameDay(topic.opens_at, now) ? "" : `${dayText(topic.opens_at, now, state.locale)} `;
    return t("closed_until", { when: day + timeText(topic.opens_at, state.locale) });
  }
}
