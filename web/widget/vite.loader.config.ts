import { defineConfig } from "vite";

/** The loader: one classic script with a fixed name, the only part that runs on foreign pages. */
export default defineConfig({
  build: {
    target: ["es2020", "chrome80", "safari14", "firefox78"],
    emptyOutDir: false,
    lib: { entry: "src/loader.ts", formats: ["iife"], name: "HutongLoader", fileName: () => "loader.js" },
  },
});
