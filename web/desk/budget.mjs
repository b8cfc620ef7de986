/** Fails when the desk is heavier than promised. Sizes are gzipped, as they travel. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KIB = 1024;
const assets = join(import.meta.dirname, "dist", "assets");
const sum = (ending) =>
  readdirSync(assets)
    .filter((name) => name.endsWith(ending))
    .reduce((total, name) => total + gzipSync(readFileSync(join(assets, name)), { level: 9 }).length, 0);

let over = false;
for (const { what, bytes, max } of [{ what: "desk scripts", bytes: sum(".js"), max: 90 * KIB }, { what: "desk styles", bytes: sum(".css"), max: 12 * KIB }]) {
  const fits = bytes <= max;
  over ||= !fits;
  process.stdout.write(`${fits ? "ok  " : "OVER"} ${what}: ${(bytes / KIB).toFixed(2)} of ${(max / KIB).toFixed(0)} KiB gzipped\n`);
}
process.exit(over ? 1 : 0);
