/**
 * The one script that a website includes. It draws the launcher, and loads the panel into a frame of
 * its own origin when it is first wanted. Nothing of the page reaches the panel but what is said here.
 */
import { Launcher } from "./loader/launcher.ts";
import { frameAddress, settingsOf } from "./loader/settings.ts";
import { isOurs, type HostMessage, type PanelMessage } from "./wire.ts";

/** What a website can do with the chat. */
export interface HutongApi {
  open(): void;
  close(): void;
  /** Vouches for the person by a token that the website's backend signed. */
  identify(token: string): void;
  /** Forgets the person in this browser: for signing out, and for shared computers. */
  reset(): void;
}

declare global {
  interface Window {
    Hutong?: HutongApi | undefined;
  }
}

/** Where the page remembers that a conversation is open; the conversation itself is not here. */
const ACTIVE_KEY = "hutong:active";

function start(script: HTMLScriptElement): void {
  const settings = settingsOf({ ...script.dataset }, script.src, document.documentElement.lang || navigator.language);
  const origin = new URL(settings.base).origin;
  const waiting: HostMessage[] = [];
  let ready = false;
  let open = false;
  let identity: string | null = null;

  const launcher = new Launcher(settings, () => show(!open));

  const tell = (message: HostMessage): void => {
    if (ready) launcher.frame.contentWindow?.postMessage(message, origin);
    else waiting.push(message);
  };
  const load = (): void => launcher.load(frameAddress(settings, location.origin));
  const show = (wanted: boolean): void => {
    if (wanted === open) return;
    open = wanted;
    if (open) load();
    launcher.show(open);
    tell(open ? { hutong: 1, type: "shown", page: location.href } : { hutong: 1, type: "hidden" });
  };
  const heard = (message: Partial<PanelMessage>): void => {
    if (message.type === "ready") {
      ready = true;
      launcher.ready();
      waiting.splice(0).forEach(tell);
      if (identity !== null) tell({ hutong: 1, type: "identify", token: identity });
    } else if (message.type === "close") {
      show(false);
    } else if (message.type === "unread" && typeof message.count === "number") {
      launcher.unread(Math.max(0, Math.floor(message.count)));
    } else if (message.type === "active") {
      remember(settings.channel, message.value === true);
    } else if (message.type === "theme" && /^#[0-9a-f]{3,6}$/i.test(String(message.color))) {
      launcher.theme(String(message.color), message.corner === "left" ? "left" : "right");
    }
  };

  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.origin !== origin || event.source !== launcher.frame.contentWindow) return;
    if (isOurs(event.data)) heard(event.data as Partial<PanelMessage>);
  });

  window.Hutong = {
    open: () => show(true),
    close: () => show(false),
    identify: (token) => {
      if (typeof token !== "string" || token === "" || token === identity) return;
      identity = token;
      if (ready) tell({ hutong: 1, type: "identify", token });
    },
    reset: () => {
      identity = null;
      show(false);
      tell({ hutong: 1, type: "reset" });
      // What is to be forgotten is in the panel's own storage: it must be there to forget.
      load();
      launcher.unread(0);
      remember(settings.channel, false);
    },
  };
  // With a conversation open, an answer must show as unread on the next page too.
  if (remembered(settings.channel)) setTimeout(load, 1000);
  window.dispatchEvent(new CustomEvent("hutong:ready"));
}

function remember(channel: string, active: boolean): void {
  try {
    if (active) localStorage.setItem(`${ACTIVE_KEY}:${channel}`, "1");
    else localStorage.removeItem(`${ACTIVE_KEY}:${channel}`);
  } catch {
    // A page without storage has no badge on its next page, and nothing else is lost.
  }
}

function remembered(channel: string): boolean {
  try {
    return localStorage.getItem(`${ACTIVE_KEY}:${channel}`) === "1";
  } catch {
    return false;
  }
}

const script = document.currentScript;
// Twice on one page is once.
if (script instanceof HTMLScriptElement && window.Hutong === undefined) {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => start(script));
  else start(script);
}
