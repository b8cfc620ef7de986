/** Fails when the widget, or the page behind a callback's link, is heavier than promised. Sizes are gzipped, as they travel. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KIB = 1024;
const dist = join(import.meta.dirname, "dist");
const weight = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
/** Files of a folder with this ending: all, or those that the page names (or does not name). */
const sum = (folder, ending, isCounted = () => true) =>
  readdirSync(join(dist, folder, "assets")).filter((name) => name.endsWith(ending) && isCounted(name))
    .reduce((total, name) => total + weight(join(dist, folder, "assets", name)), 0);
const panel = readFileSync(join(dist, "frame.html"), "utf8");

const budgets = [
  { what: "loader.js", bytes: weight(join(dist, "loader.js")), max: 5 * KIB },
  { what: "panel scripts", bytes: sum(".", ".js", (name) => panel.includes(name)), max: 40 * KIB },
  { what: "panel scripts of the call form, fetched when it is asked for", bytes: sum(".", ".js", (name) => !panel.includes(name)), max: 6 * KIB },
  { what: "panel styles", bytes: sum(".", ".css"), max: 10 * KIB },
  { what: "callback page scripts", bytes: sum("callback", ".js"), max: 25 * KIB },
  { what: "callback page styles", bytes: sum("callback", ".css"), max: 5 * KIB },
];
let over = false;
for (const { what, bytes, max } of budgets) {
  const fits = bytes <= max;
  over ||= !fits;
  console.log(`${fits ? "ok  " : "OVER"} ${what}: ${(bytes / KIB).toFixed(2)} of ${(max / KIB).toFixed(0)} KiB gzipped`);
}
process.exit(over ? 1 : 0);
