/** Fails when the client is heavier than promised: an app carries all of it. Gzipped, as it travels. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KIB = 1024;
const MAX = 13 * KIB;
const bytes = gzipSync(readFileSync(join(import.meta.dirname, "dist/index.js")), { level: 9 }).length;
const fits = bytes <= MAX;
console.log(`${fits ? "ok  " : "OVER"} @hutong/chat: ${(bytes / KIB).toFixed(2)} of ${(MAX / KIB).toFixed(0)} KiB gzipped`);
process.exit(fits ? 0 : 1);
