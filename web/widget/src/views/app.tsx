/** The panel as a whole: header, the screen of the moment, the voice for screen readers. */
import { localized } from "@hutong/api-client";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Files } from "../files.ts";
import { screenOf } from "../model/select.ts";
import type { Session } from "../session.ts";
import type { Store } from "../store.ts";
import { voiceOf } from "../texts/index.ts";
import { Chat } from "./chat.tsx";
import { Composer } from "./composer.tsx";
import { PanelContext, usePanel, type Panel } from "./context.ts";
import { Header } from "./header.tsx";
import { Failed, Home, Loading } from "./home.tsx";
import { LineNote, ProblemNote } from "./notes.tsx";
import { Start } from "./start.tsx";
import { useDrop } from "./use-drop.ts";

export function App(props: { store: Store; session: Session; files: Files; onClose: (() => void) | null }) {
  const { store, session, files, onClose } = props;
  const [model, setModel] = useState(store.model);
  useEffect(() => {
    setModel(store.model);
    return store.listen((next) => setModel(next));
  }, [store]);
  const t = useMemo(() => voiceOf(model.locale), [model.locale]);
  const panel: Panel = { model, t, session, files, dispatch: store.dispatch, close: onClose };

  const title = model.channel === null ? t("panel_title") : localized(model.channel.name, model.locale);
  useEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <PanelContext.Provider value={panel}>
      <Frame />
    </PanelContext.Provider>
  );
}

function Frame() {
  const { model, t, close, files } = usePanel();
  const screen = screenOf(model);
  const writes = screen === "start" || screen === "chat";
  const { dropping, handlers } = useDrop(writes, (picked) => files.pick(picked));
  useFocusOnOpen(screen);
  return (
    <div
      class={`panel panel-${screen}`}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) close?.();
      }}
      {...handlers}
    >
      <Header screen={screen} />
      <LineNote />
      <main class="panel-main">
        {screen === "loading" && <Loading />}
        {screen === "failed" && <Failed />}
        {screen === "home" && <Home />}
        {screen === "start" && <Start />}
        {screen === "chat" && <Chat />}
        {writes && <ProblemNote />}
        {writes && <Composer key={screen} />}
      </main>
      {dropping && <div class="drop" aria-hidden="true">{t("drop_here")}</div>}
      <Announcer />
    </div>
  );
}

/** Tells a screen reader once of what just happened; the list of messages itself stays silent. */
function Announcer() {
  const { model, t } = usePanel();
  const said = model.announcement;
  const name = model.conversation?.agent_name ?? t("agent");
  const text =
    said === null ? ""
    : said.what === "message" ? t("say_message", { name, text: said.text })
    : said.what === "joined" ? t("say_joined", { name: said.text === "" ? name : said.text })
    : said.what === "closed" ? t("say_closed")
    : said.what === "file" ? t("file_ready", { name: said.text })
    : t("say_failed");
  return (
    <div class="sr" aria-live="polite" aria-atomic="true">
      <span key={said?.id ?? 0}>{text}</span>
    </div>
  );
}

/** Whoever opens the panel or comes to the next screen goes on typing there. */
function useFocusOnOpen(screen: string): void {
  const { model } = usePanel();
  useEffect(() => {
    const focus = () => {
      const target = document.querySelector<HTMLElement>("[data-focus-first]") ?? document.querySelector<HTMLElement>("main");
      // On a touch screen the keyboard would cover what is to be read first.
      if (target !== null && !(target.tagName === "TEXTAREA" && matchMedia("(pointer: coarse)").matches)) target.focus();
    };
    if (model.shown) focus();
    document.addEventListener("hutong:shown", focus);
    return () => document.removeEventListener("hutong:shown", focus);
    // Only a new screen moves the focus; `shown` is read at that moment.
  }, [screen]);
}
