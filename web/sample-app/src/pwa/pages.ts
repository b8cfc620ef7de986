/** The page's side of the worker: registering it, answering what is shown, hearing what to open. */

export interface PageSide {
  /** The conversation that the person reads now. */
  shown: () => string | null;
  onOpen: (conversation: string) => void;
}

/** Null where the browser has no workers, or not here (plain http). */
export async function registerWorker({ shown, onOpen }: PageSide): Promise<ServiceWorkerRegistration | null> {
  if (!("serviceWorker" in navigator)) return null;
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ type: string; conversation?: string }>) => {
    if (event.data.type === "what_is_shown") event.ports[0]?.postMessage({ conversation: shown() });
    if (event.data.type === "open" && event.data.conversation !== undefined) onOpen(event.data.conversation);
  });
  try {
    await navigator.serviceWorker.register("./worker.js");
    return await navigator.serviceWorker.ready;
  } catch {
    return null;
  }
}

/** The number on the app's icon, where the system has one. */
export function showBadge(count: number): void {
  if (!("setAppBadge" in navigator)) return;
  (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined);
}
