/** Fails when the desk is heavier than promised. Sizes are gzipped, as they travel. What the first paint needs is
 * counted apart from pages that are fetched when somebody opens them. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KIB = 1024;
const dist = join(import.meta.dirname, "dist");
const page = readFileSync(join(dist, "index.html"), "utf8");
const files = readdirSync(join(dist, "assets"));
const sum = (names) => names.reduce((total, name) => total + gzipSync(readFileSync(join(dist, "assets", name)), { level: 9 }).length, 0);
const scripts = files.filter((name) => name.endsWith(".js"));
const styles = files.filter((name) => name.endsWith(".css"));

let over = false;
for (const { what, bytes, max } of [
  { what: "desk scripts of the first paint", bytes: sum(scripts.filter((name) => page.includes(name))), max: 85 * KIB },
  { what: "desk scripts in all", bytes: sum(scripts), max: 141 * KIB },
  { what: "desk styles", bytes: sum(styles), max: 13 * KIB },
]) {
  const fits = bytes <= max;
  over ||= !fits;
  process.stdout.write(`${fits ? "ok  " : "OVER"} ${what}: ${(bytes / KIB).toFixed(2)} of ${(max / KIB).toFixed(0)} KiB gzipped\n`);
}
process.exit(over ? 1 : 0);
