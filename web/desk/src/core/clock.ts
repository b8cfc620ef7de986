/** The present, by the gateway's clock, ticking each second while the page is in sight. */
import { signal } from "@preact/signals";

let offsetMs = 0;

/** Milliseconds since 1970 by the gateway's clock. */
export const now = signal(Date.now());

/** Learns the gateway's clock from a message that carries it. */
export function learnClock(serverNow: number) {
  offsetMs = serverNow - Date.now();
  now.value = serverNow;
}

export function present(): number {
  return Date.now() + offsetMs;
}

export function startClock() {
  setInterval(() => {
    if (!document.hidden) now.value = present();
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    now.value = present();
  });
}
