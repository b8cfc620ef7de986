/** The browser of this machine, without a network beyond it; and waiting for what it shows. */
import { existsSync } from "node:fs";
import { chromium as playwright } from "playwright-core";
import { eventually } from "./processes.mjs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion",
];

export const chromium = {
  async launch() {
    const executablePath = process.env.HUTONG_CHROMIUM || PLACES.find((path) => existsSync(path));
    if (!executablePath) throw new Error("no Chromium on this machine: install it, or name it in HUTONG_CHROMIUM");
    return playwright.launch({ executablePath, args: FLAGS });
  },
};

/** Waits until it is so. */
export function expect(what, isSo, within = 15_000) {
  return eventually(what, isSo, within);
}
