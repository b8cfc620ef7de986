/** Who is there, and the few choices that always are. */
import { localized } from "@hutong/api-client";
import { Avatar } from "@hutong/ui/bits";
import { Icon } from "@hutong/ui/icon";
import { ALargeSmall, ChevronLeft, CircleStop, EllipsisVertical, Headset, Languages, Mail, MailQuestion, X } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { offers } from "../model/by-mail.ts";
import { over } from "@hutong/chat";
import { hoursOf, type Screen } from "../model/select.ts";
import { usePanel, type Panel } from "./context.ts";
import { whenText } from "./when.ts";

export function Header({ screen }: { screen: Screen }) {
  const { model, t, dispatch, close } = usePanel();
  const topics = model.channel?.topics.length ?? 0;
  const agent = screen === "chat" ? (model.conversation?.agent_name ?? null) : null;
  const served = agent !== null && model.conversation !== null && !over(model.conversation);
  return (
    <header class="header">
      {screen === "start" && topics > 1 ? (
        <button type="button" class="icon-button" aria-label={t("back")} onClick={() => dispatch({ type: "topic_chosen", topic: null })}>
          <Icon icon={ChevronLeft} size={22} />
        </button>
      ) : (
        <span class="header-face">
          {served ? <Avatar name={agent} seed={agent} size={40} /> : <Icon icon={Headset} size={22} />}
        </span>
      )}
      <div class="header-who">
        <h1 class="header-title">{served ? agent : titleOf(screen, model, t)}</h1>
        <p class="header-status">{statusText(screen, model, t)}</p>
      </div>
      {model.channel?.widget.elder_mode === true && <ElderSwitch />}
      <Menu screen={screen} />
      {close !== null && (
        <button type="button" class="icon-button" aria-label={t("close")} onClick={close}>
          <Icon icon={X} size={22} />
        </button>
      )}
    </header>
  );
}

function titleOf(screen: Screen, model: Panel["model"], t: Panel["t"]): string {
  const queue = screen === "chat" && model.conversation !== null ? localized(model.conversation.queue_name, model.locale) : "";
  if (queue !== "") return queue;
  return model.channel === null ? t("panel_title") : localized(model.channel.name, model.locale);
}

function statusText(screen: Screen, model: Panel["model"], t: Panel["t"]) {
  if (screen === "loading") return t("loading");
  if (screen === "failed") return "";
  if (screen === "chat") {
    const state = model.conversation?.state;
    if (state === "active") return <span>{t(model.typingUntil > 0 ? "typing" : "serving")}</span>;
    if (state === "closed" || state === "wrap_up") return <span>{t("notice_closed")}</span>;
    if (state === "scheduled") return <span>{t("scheduled_title")}</span>;
    if (state === "queued" || state === "offered") return <span>{t("queue_title")}</span>;
  }
  const hours = hoursOf(model, screen === "start" ? model.topic : null);
  if (!hours.open) {
    const when = hours.opensAt === null ? null : whenText(hours.opensAt, Date.now(), model.locale, t);
    return <><span class="dot dot-closed" /><span>{when === null ? t("closed") : t("opens", { when })}</span></>;
  }
  const wait = hours.waitSecs;
  return (
    <>
      <span class="dot" />
      <span>{wait === null ? t("online") : wait <= 60 ? t("usual_wait_short") : t("usual_wait", { n: Math.ceil(wait / 60) })}</span>
    </>
  );
}

function ElderSwitch() {
  const { model, t, dispatch } = usePanel();
  return (
    <button
      type="button"
      class="elder-switch"
      title={t(model.elder ? "elder_off" : "elder_on")}
      onClick={() => dispatch({ type: "elder_switched", elder: !model.elder })}
    >
      <Icon icon={ALargeSmall} size={20} />
      {t(model.elder ? "standard_short" : "elder_short")}
    </button>
  );
}

function Menu({ screen }: { screen: Screen }) {
  const { model, t, dispatch } = usePanel();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      if (!(event.target instanceof Node) || !box.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, [open]);
  const choose = (action: () => void) => () => {
    setOpen(false);
    button.current?.focus();
    action();
  };
  const ends = screen === "chat" && model.conversation !== null && !over(model.conversation);
  return (
    <div
      class="menu"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.preventDefault();
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button ref={button} type="button" class="icon-button" aria-label={t("menu")} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon icon={EllipsisVertical} size={22} />
      </button>
      {open && (
        <div class="menu-list">
          <button
            type="button"
            lang={model.locale === "en" ? "zh-CN" : "en"}
            onClick={choose(() => dispatch({ type: "locale_chosen", locale: model.locale === "en" ? "zh-CN" : "en" }))}
          >
            <Icon icon={Languages} size={18} />
            {t("language")}
          </button>
          {offers(model, "answers") && (
            <button type="button" onClick={choose(() => dispatch({ type: "mail_asked", what: "answers" }))}>
              <Icon icon={MailQuestion} size={18} />
              {t("mail_answers")}
            </button>
          )}
          {offers(model, "transcript") && (
            <button type="button" onClick={choose(() => dispatch({ type: "mail_asked", what: "transcript" }))}>
              <Icon icon={Mail} size={18} />
              {t("mail_transcript")}
            </button>
          )}
          {ends && (
            <button type="button" class="menu-danger" onClick={choose(() => dispatch({ type: "end_asked" }))}>
              <Icon icon={CircleStop} size={18} />
              {t("end_chat")}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
