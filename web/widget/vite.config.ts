import { defineConfig } from "vite";

/** The panel: a page of its own below /widget/, with nothing inline so that a strict policy holds. */
export default defineConfig({
  base: "./",
  build: {
    target: ["es2022", "chrome94", "safari15.4", "firefox94"],
    rollupOptions: { input: "frame.html" },
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssMinify: true,
  },
});
