/** What the app shows: the client's log, and what is open. */
import { fromAgent, type ChatChannel, type ChatClient, type ChatLog, type LineStatus, type Locale, type Transport } from "@hutong/chat";
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { keepPerson, type Person } from "./person.ts";
import { showBadge } from "./pwa/pages.ts";
import { translator, type TextKey, type Translate } from "./texts/index.ts";

export type View = "sign_in" | "home" | "chat" | "settings";

export interface AppState {
  view: View;
  locale: Locale;
  person: Person | null;
  channel: ChatChannel | "loading" | "failed";
  log: ChatLog;
  line: LineStatus;
  transport: Transport;
  typing: boolean;
  /** What the next first word is about. */
  topic: string | null;
  rated: boolean;
  /** A quiet line about what did not work. */
  problem: { key: TextKey; params?: Record<string, string | number> } | null;
}

export class App {
  private readonly listeners = new Set<() => void>();
  worker: ServiceWorkerRegistration | null = null;

  constructor(readonly chat: ChatClient, public state: AppState) {
    chat.on("change", (log) => this.set({ log, ...(log.contact === null ? { rated: false } : {}) }));
    chat.on("status", ({ line, transport }) => this.set({ line, transport }));
    chat.on("typing", (typing) => this.set({ typing }));
    chat.on("state", (conversation) => this.set({ rated: typeof conversation.grade === "number" }));
    chat.on("refused", ({ code }) => {
      if (code === "identity") this.set({ problem: { key: "refused" }, view: "sign_in" });
    });
  }

  readonly set = (change: Partial<AppState>): void => {
    this.state = { ...this.state, ...change };
    this.look();
    this.listeners.forEach((listener) => listener());
  };

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The conversation that the person reads now. */
  shown(): string | null {
    return this.state.view === "chat" && document.visibilityState === "visible" ? (this.state.log.conversation?.id ?? null) : null;
  }

  /** Whatever is seen is read, and no longer on the icon. */
  look(): void {
    if (this.shown() !== null && this.state.log.messages.some(fromAgent)) this.chat.markRead();
    showBadge(this.chat.unread);
    document.documentElement.lang = this.state.locale;
  }

  async load(): Promise<void> {
    this.set({ channel: "loading" });
    await this.chat.channel().then((channel) => this.set({ channel }), () => this.set({ channel: "failed" }));
  }

  /** Nothing of the person stays, in the app as at the desk. */
  async signOut(): Promise<void> {
    const subscription = await this.worker?.pushManager.getSubscription();
    const { deviceRemoved } = await this.chat.signOut();
    if (!deviceRemoved) await subscription?.unsubscribe();
    for (const shown of (await this.worker?.getNotifications()) ?? []) shown.close();
    keepPerson(null);
    this.set({ view: "sign_in", person: null, topic: null, ...(deviceRemoved ? {} : { problem: { key: "sign_out_push" } }) });
  }
}

export const AppContext = createContext<App | null>(null);

export interface Shown {
  app: App;
  chat: ChatClient;
  state: AppState;
  t: Translate;
}

export function useApp(): Shown {
  const app = useContext(AppContext);
  if (app === null) throw new Error("outside of the app");
  const [state, setState] = useState(app.state);
  useEffect(() => app.listen(() => setState(app.state)), [app]);
  return { app, chat: app.chat, state, t: translator(state.locale) };
}
