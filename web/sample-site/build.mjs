/** Writes the sample website to dist: plain pages, one style sheet, one small script. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { en } from "./src/content-en.mjs";
import { agency, index, privacy, staff } from "./src/content-zh.mjs";
import { plain, portal } from "./src/page.mjs";

const here = import.meta.dirname;
const dist = join(here, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
for (const page of [index, en, agency, staff]) writeFileSync(join(dist, page.file), portal(page));
writeFileSync(join(dist, privacy.file), plain(privacy));
for (const file of ["site.css", "site.js", "logo.svg"]) cpSync(join(here, "src", file), join(dist, file));
console.log(`sample site written to ${dist}`);
