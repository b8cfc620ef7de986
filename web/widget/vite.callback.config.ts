import { defineConfig } from "vite";

/** The page behind a callback's link, which the gateway serves at /callback. */
export default defineConfig({
  base: "/callback/",
  build: {
    outDir: "dist/callback",
    target: ["es2022", "chrome94", "safari15.4", "firefox94"],
    rollupOptions: { input: "callback.html" },
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssMinify: true,
  },
});
