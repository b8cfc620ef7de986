/** The first screen: a greeting, and the topics in the person's words. */
import { localized, type ChatTopic } from "@hutong/api-client";
import { Icon } from "@hutong/ui/icon";
import { ChevronDown, ChevronRight, WifiOff } from "lucide";
import { useState } from "preact/hooks";
import { EarlierConversations } from "./earlier-conversations.tsx";
import { usePanel } from "./context.ts";
import { Privacy } from "./privacy.tsx";
import { whenText } from "./when.ts";

/** Elder mode begins with so many choices. */
const ELDER_TOPICS = 4;

export function Home() {
  const { model, t } = usePanel();
  const [all, setAll] = useState(false);
  const channel = model.channel;
  if (channel === null) return null;
  const short = model.elder && !all && channel.topics.length > ELDER_TOPICS + 1;
  const topics = short ? channel.topics.slice(0, ELDER_TOPICS) : channel.topics;
  const greeting = localized(channel.widget.greeting, model.locale);
  return (
    <div class="home">
      <div class="home-band">
        <h2 class="home-greeting" tabIndex={-1} data-focus-first="">{greeting === "" ? t("greeting") : greeting}</h2>
      </div>
      <section class="card" aria-labelledby="topics">
        <h3 id="topics" class="card-title">{t("home_topics")}</h3>
        <ul class="topics">
          {topics.map((topic) => <Topic key={topic.id} topic={topic} />)}
        </ul>
        {short && (
          <button type="button" class="topic topic-more" onClick={() => setAll(true)}>
            {t("more_topics")}
            <Icon icon={ChevronDown} size={20} />
          </button>
        )}
      </section>
      <EarlierConversations />
      <Privacy />
    </div>
  );
}

function Topic({ topic }: { topic: ChatTopic }) {
  const { model, t, dispatch } = usePanel();
  return (
    <li>
      <button type="button" class="topic" onClick={() => dispatch({ type: "topic_chosen", topic: topic.id })}>
        <span class="topic-text">
          <span class="topic-name">{localized(topic.name, model.locale)}</span>
          {!topic.open && <span class="topic-note">{closedText(topic, model.locale, t)}</span>}
        </span>
        <Icon icon={ChevronRight} size={20} />
      </button>
    </li>
  );
}

function closedText(topic: ChatTopic, locale: "zh-CN" | "en", t: ReturnType<typeof usePanel>["t"]): string {
  return typeof topic.opens_at === "number"
    ? t("topic_closed_until", { when: whenText(topic.opens_at, Date.now(), locale, t) })
    : t("topic_closed");
}

export function Loading() {
  const { t } = usePanel();
  return (
    <div class="loading" role="status">
      <span class="sr">{t("loading")}</span>
      <span class="bone bone-wide" />
      <span class="bone" />
      <span class="bone bone-tall" />
    </div>
  );
}

export function Failed() {
  const { t, session } = usePanel();
  return (
    <div class="failed" role="alert">
      <span class="failed-icon"><Icon icon={WifiOff} size={28} /></span>
      <h2>{t("failed_title")}</h2>
      <p>{t("failed_text")}</p>
      <button type="button" class="button" data-focus-first="" onClick={() => void session.loadChannel()}>
        {t("retry")}
      </button>
    </div>
  );
}
