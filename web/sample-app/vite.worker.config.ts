import { defineConfig } from "vite";

/** The service worker: one file beside the page, whose name never changes. */
export default defineConfig({
  publicDir: false,
  build: {
    target: ["es2022", "chrome94", "safari16.4", "firefox94"],
    emptyOutDir: false,
    lib: { entry: "worker/worker.ts", formats: ["es"], fileName: () => "worker.js" },
  },
});
