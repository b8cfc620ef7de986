/** The service worker: shows what is pushed while the app is closed, and opens the app without a network. */
import { addressOf, badgeOf, isSeen, readPayload, shownAs, type Shown } from "../src/pwa/push.model.ts";

declare const self: ServiceWorkerGlobalScope;

const SHELL = "shell-1";
/** A page that does not answer within this time is taken as not showing anything. */
const ANSWER_MS = 500;

const pages = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });

/** Asks a page what it shows. */
function ask(page: WindowClient): Promise<Shown> {
  const visible = page.visibilityState === "visible";
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => resolve({ visible, conversation: null }), ANSWER_MS);
    port1.onmessage = (event: MessageEvent<{ conversation: string | null }>) => {
      clearTimeout(timer);
      resolve({ visible, conversation: event.data.conversation });
    };
    page.postMessage({ type: "what_is_shown" }, [port2]);
  });
}

async function pushed(text: string): Promise<void> {
  const payload = readPayload(text);
  if (payload === null) return;
  const shown = await Promise.all((await pages()).map(ask));
  if (isSeen(payload, shown)) return;
  await self.registration.showNotification(payload.title, shownAs(payload));
  // Not every system has a number on its icons.
  if ("setAppBadge" in self.navigator) await self.navigator.setAppBadge(badgeOf(payload)).catch(() => undefined);
}

async function opened(conversation: string): Promise<void> {
  const [page] = await pages();
  if (page === undefined) {
    await self.clients.openWindow(addressOf(conversation));
    return;
  }
  page.postMessage({ type: "open", conversation });
  await page.focus();
}

/** The page comes from the network, and without one from the last time; its parts never change under their names. */
async function answer(request: Request): Promise<Response> {
  const shell = await caches.open(SHELL);
  const named = request.mode === "navigate" ? new Request(self.registration.scope) : request;
  const kept = await shell.match(named);
  if (kept && request.mode !== "navigate") return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await shell.put(named, fresh.clone());
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(pushed(event.data?.text() ?? "")));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { conversation } = event.notification.data as { conversation: string };
  event.waitUntil(opened(conversation));
});
self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  const scope = new URL(self.registration.scope).pathname;
  const isShell = event.request.method === "GET" && (event.request.mode === "navigate" || pathname.startsWith(`${scope}assets/`));
  if (isShell && pathname.startsWith(scope)) event.respondWith(answer(event.request));
});
