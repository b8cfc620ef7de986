/** The frame of every page: head, quiet lines, and what is open. */
import { IconButton } from "@hutong/ui";
import { Icon } from "@hutong/ui/icon";
import { ArrowLeft, CircleAlert, CloudOff, Settings2, Waypoints, X } from "lucide";
import { useApp } from "../state.ts";
import { ChatPage } from "./chat.tsx";
import { Home } from "./home.tsx";
import { Settings } from "./settings.tsx";
import { SignIn } from "./sign-in.tsx";

export function Frame() {
  const { state } = useApp();
  return (
    <div class="frame">
      <Head />
      <Lines />
      {state.view === "chat" ? <ChatPage /> : state.view === "settings" ? <Settings /> : state.view === "sign_in" ? <SignIn /> : <Home />}
    </div>
  );
}

function Head() {
  const { app, state, t } = useApp();
  const { view } = state;
  const title = view === "chat" ? t("chat") : view === "settings" ? t("settings") : t("app");
  return (
    <header class="head">
      {view === "chat" || view === "settings"
        ? <IconButton icon={ArrowLeft} size={22} label={t("back")} onClick={() => app.set({ view: "home", problem: null })} data-testid="back" />
        : <img class="head-logo" src="./icon.svg" alt="" width={36} height={36} />}
      <div class="head-words">
        <h1>{title}</h1>
        <p>{view === "chat" ? <Standing /> : t("app_note")}</p>
      </div>
      {view !== "settings" && view !== "sign_in" && <IconButton icon={Settings2} size={22} label={t("settings")} onClick={() => app.set({ view: "settings" })} data-testid="settings" />}
    </header>
  );
}

/** How the conversation stands, in a few words. */
function Standing() {
  const { state, t } = useApp();
  const { conversation } = state.log;
  if (state.typing) return <span>{t("typing")}</span>;
  switch (conversation?.state) {
    case "active":
      return <span>{t("with_agent", { name: conversation.agent_name ?? t("agent") })}</span>;
    case "queued": case "offered":
      return <span>{t("waiting")}</span>;
    case "scheduled":
      return <span>{t("scheduled")}</span>;
    case "closed": case "wrap_up":
      return <span>{t("over")}</span>;
    default:
      return <span>{t("app")}</span>;
  }
}

/** What a person must know of the line, and what did not work: in one quiet line each. */
function Lines() {
  const { app, state, t } = useApp();
  const waiting = state.log.outgoing.filter((one) => one.failed === null).length;
  const down = state.line === "waiting" || (state.line === "connecting" && waiting > 0 && state.log.welcomed);
  return (
    <div class="lines" aria-live="polite">
      {state.line === "unauthenticated" && <p class="line line-bad"><Icon icon={CircleAlert} size={18} />{t("ended")}</p>}
      {down && <p class="line line-warn" data-testid="offline"><Icon icon={CloudOff} size={18} />{waiting > 0 ? t("offline_queued", { n: waiting }) : t("offline")}</p>}
      {!down && state.transport === "poll" && state.line === "online" && <p class="line"><Icon icon={Waypoints} size={18} />{t("slow_line")}</p>}
      {state.problem && (
        <p class="line line-bad" data-testid="problem">
          <Icon icon={CircleAlert} size={18} /><span>{t(state.problem.key, state.problem.params)}</span>
          <IconButton icon={X} label={t("cancel")} onClick={() => app.set({ problem: null })} />
        </p>
      )}
    </div>
  );
}
