/** The app's entrance: makes the client, registers the worker, draws. */
import "@hutong/ui/tokens.css";
import "@hutong/ui/base.css";
import "./app.css";
import { ChatClient } from "@hutong/chat";
import { render } from "preact";
import { identityToken, knownPerson, people } from "./person.ts";
import { registerWorker } from "./pwa/pages.ts";
import { conversationOf } from "./pwa/push.model.ts";
import { App, AppContext } from "./state.ts";
import { localeOf } from "./texts/index.ts";
import { Frame } from "./views/frame.tsx";

/** The channel of kind `app` at the desk that serves this page; another by `?channel=`, for trying things out. */
const params = new URLSearchParams(location.search);
const channel = params.get("channel") ?? "app";
const locale = localeOf(params.get("locale") ?? localStorage.getItem("yunxi:locale") ?? navigator.language);
const chat = new ChatClient({ url: location.origin, channel, identityToken, locale, appVersion: "1.0.0" });
const person = knownPerson();
const app = new App(chat, {
  view: conversationOf(location.search) === null ? "home" : "chat",
  locale, person, channel: "loading", log: chat.log, line: chat.status, transport: "socket", typing: false, topic: null, rated: false, problem: null,
});

const darkness = matchMedia("(prefers-color-scheme: dark)");
const paint = () => void (document.documentElement.dataset["theme"] = darkness.matches ? "dark" : "light");
paint();
darkness.addEventListener("change", paint);
document.addEventListener("visibilitychange", () => {
  chat.setForeground(document.visibilityState === "visible");
  app.look();
});
window.addEventListener("online", () => chat.wake());
window.addEventListener("pagehide", () => chat.setForeground(false));

chat.setForeground(document.visibilityState === "visible");
void app.load();
void chat.start();
// A page with a backend asks who is here; one without serves everybody as a guest.
if (person === null && sessionStorage.getItem("yunxi:guest") === null) {
  void people().then((all) => {
    if (all.length > 0 && app.state.log.contact === null) app.set({ view: "sign_in" });
  });
}
void registerWorker({ shown: () => app.shown(), onOpen: () => app.set({ view: "chat" }) }).then((worker) => void (app.worker = worker));

const root = document.getElementById("app");
if (root !== null) render(<AppContext.Provider value={app}><Frame /></AppContext.Provider>, root);
