/** Fails when the widget is heavier than promised. Sizes are gzipped, as they travel. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KIB = 1024;
const dist = join(import.meta.dirname, "dist");
const weight = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
const assets = readdirSync(join(dist, "assets"));
const sum = (ending) =>
  assets.filter((name) => name.endsWith(ending)).reduce((total, name) => total + weight(join(dist, "assets", name)), 0);

const budgets = [
  { what: "loader.js", bytes: weight(join(dist, "loader.js")), max: 5 * KIB },
  { what: "panel scripts", bytes: sum(".js"), max: 40 * KIB },
  { what: "panel styles", bytes: sum(".css"), max: 10 * KIB },
];
let over = false;
for (const { what, bytes, max } of budgets) {
  const fits = bytes <= max;
  over ||= !fits;
  console.log(`${fits ? "ok  " : "OVER"} ${what}: ${(bytes / KIB).toFixed(2)} of ${(max / KIB).toFixed(0)} KiB gzipped`);
}
process.exit(over ? 1 : 0);
