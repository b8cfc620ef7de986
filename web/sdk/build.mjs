/** Makes the package as apps get it: one module, its types, and a package.json of its own. Publish `dist/`. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "vite";

const here = import.meta.dirname;
const dist = join(here, "dist");
rmSync(dist, { recursive: true, force: true });

await build({
  root: here,
  configFile: false,
  logLevel: "warn",
  build: {
    outDir: dist,
    target: "es2022",
    sourcemap: true,
    lib: { entry: join(here, "src/index.ts"), formats: ["es"], fileName: () => "index.js" },
  },
});

/** Types of this package and of those parts of the API's client that they name. */
const types = join(dist, "types");
const tsc = join(here, "../node_modules/typescript/bin/tsc");
execFileSync(process.execPath, [
  tsc, "-p", join(here, "tsconfig.build.json"), "--noEmit", "false", "--emitDeclarationOnly", "--declaration", "--outDir", types,
], { stdio: "inherit" });
for (const name of readdirSync(types, { recursive: true })) {
  if (!name.endsWith(".d.ts")) continue;
  const file = join(types, name);
  const client = relative(dirname(file), join(types, "api-client/src/index.js")).replaceAll("\\", "/");
  const text = readFileSync(file, "utf8")
    .replaceAll('"@hutong/api-client"', `"${client.startsWith(".") ? client : `./${client}`}"`)
    .replace(/(from |import\()"(\.[^"]+)\.ts"/gu, '$1"$2.js"');
  writeFileSync(file, text);
}

const { name, version, description, license } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
writeFileSync(join(dist, "package.json"), `${JSON.stringify({
  name, version, description, license, type: "module", sideEffects: false,
  exports: { ".": { types: "./types/sdk/src/index.d.ts", default: "./index.js" } },
  main: "./index.js",
  types: "./types/sdk/src/index.d.ts",
}, null, 2)}\n`);
