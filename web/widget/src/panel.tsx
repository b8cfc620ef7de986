/** The panel's entrance: reads the frame's address, wires everything, draws. */
import "@hutong/ui/tokens.css";
import "./styles/panel.css";
import { unreadOf } from "@hutong/chat";
import { render } from "preact";
import { Files } from "./files.ts";
import { Host } from "./host.ts";
import { initialModel, type Model } from "./model/model.ts";
import { activeOf } from "./model/select.ts";
import { Session } from "./session.ts";
import { PanelStorage, browserStorage } from "./storage.ts";
import { Store } from "./store.ts";
import { localeOf } from "./texts/index.ts";
import { themeOf } from "./theme.ts";
import { App } from "./views/app.tsx";
import { FRAME_PARAMS } from "./wire.ts";

const params = new URLSearchParams(location.search);
const channelId = params.get(FRAME_PARAMS.channel) ?? "website";
const storage = new PanelStorage(browserStorage(), channelId);
const store = new Store(
  initialModel({
    locale: localeOf(storage.choice("locale") ?? params.get(FRAME_PARAMS.locale)),
    elder: storage.choice("elder") === "on",
    ...storage.draft(),
  }),
);
const session = new Session({
  channel: channelId,
  store,
  storage,
  openSocket: () => new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/v1/socket/visitor`),
  now: Date.now,
});
const files = new Files(store, session);
const host = new Host(params.get(FRAME_PARAMS.origin) ?? "");
const darkness = matchMedia("(prefers-color-scheme: dark)");

/** Colours by script: the policy of the page allows no style attribute in its text. */
function paint(model: Model): void {
  const root = document.documentElement;
  const theme = themeOf(params.get(FRAME_PARAMS.color) ?? model.channel?.widget.color ?? "", darkness.matches);
  root.dataset["theme"] = darkness.matches ? "dark" : "light";
  root.style.setProperty("--brand", theme.brand);
  root.style.setProperty("--on-brand", theme.onBrand);
  root.style.setProperty("--ink", theme.ink);
  root.style.setProperty("--tint", theme.tint);
}

function mirror(model: Model, before: Model): void {
  if (model.channel !== before.channel) {
    paint(model);
    if (model.channel) host.tell({ hutong: 1, type: "theme", color: model.channel.widget.color, corner: model.channel.widget.corner });
  }
  if (model.locale !== before.locale) {
    document.documentElement.lang = model.locale;
    storage.setChoice("locale", model.locale);
  }
  if (model.elder !== before.elder) {
    document.documentElement.toggleAttribute("data-elder", model.elder);
    storage.setChoice("elder", model.elder ? "on" : "off");
  }
  if (model.draft !== before.draft || model.topic !== before.topic || model.name !== before.name) {
    storage.setDraft({ draft: model.draft, topic: model.topic, name: model.name });
  }
  if (unreadOf(model) !== unreadOf(before)) host.tell({ hutong: 1, type: "unread", count: unreadOf(model) });
  // Also at the first sight: the conversation may have ended while no page was open.
  if (activeOf(model) !== activeOf(before) || model.welcomed !== before.welcomed || settledAsStranger(model, before)) {
    host.tell({ hutong: 1, type: "active", value: activeOf(model) });
  }
  if (model.typingUntil > before.typingUntil) {
    setTimeout(() => store.dispatch({ type: "tick", now: Date.now() }), model.typingUntil - Date.now() + 20);
  }
}

/** The channel is there, and this browser knows no visitor. */
function settledAsStranger(model: Model, before: Model): boolean {
  return model.phase === "ready" && before.phase !== "ready" && model.contact === null;
}

/** Seen means: the panel is open and its tab is in front. */
let opened = !host.embedded;
function look(): void {
  store.dispatch({ type: "shown", shown: opened && document.visibilityState === "visible" });
}

document.documentElement.lang = store.model.locale;
document.documentElement.toggleAttribute("data-elder", store.model.elder);
paint(store.model);
darkness.addEventListener("change", () => paint(store.model));
store.listen(mirror);
document.addEventListener("visibilitychange", () => {
  look();
  if (document.visibilityState === "visible") session.wake();
});
window.addEventListener("online", () => session.wake());
window.addEventListener("storage", (event) => {
  if (storage.isVisitorKey(event.key)) session.adopt();
});
host.listen({
  onShown: (shown, page) => {
    opened = shown;
    session.onPage(page);
    look();
    if (shown) document.dispatchEvent(new CustomEvent("hutong:shown"));
  },
  onIdentify: (token) => void session.identify(token),
  onReset: () => session.reset(),
});
look();
session.start();

const root = document.getElementById("panel");
if (root !== null) {
  render(<App store={store} session={session} files={files} onClose={host.embedded ? () => host.tell({ hutong: 1, type: "close" }) : null} />, root);
}
