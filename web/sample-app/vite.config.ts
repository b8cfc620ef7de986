import { defineConfig } from "vite";

/** A page of its own below /app/, with nothing inline so that a strict policy holds. */
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: ["es2022", "chrome94", "safari16.4", "firefox94"], assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
