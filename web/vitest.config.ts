import { defineConfig } from "vitest/config";

/** Unit tests of every package run in plain Node: what decides must not need a DOM. */
export default defineConfig({
  test: {
    include: ["*/src/**/*.test.{ts,tsx}"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    environment: "node",
    passWithNoTests: true,
    restoreMocks: true,
  },
});
