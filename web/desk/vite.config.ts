import { defineConfig } from "vite";

/** The desk is served by the gateway below /desk/; nothing is inlined, so a strict policy holds. */
export default defineConfig({
  base: "/desk/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, sourcemap: false },
  // The gateway takes agents' sockets from pages of its own address only.
  server: { proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true, headers: { origin: "http://127.0.0.1:8080" } } } },
});
