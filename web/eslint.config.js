import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import globals from "globals";
import tseslint from "typescript-eslint";

/** Constructs that no file of ours may use, each with its reason. */
const banned = [
  { selector: "ExportDefaultDeclaration", message: "Name what you export: a name can be searched for." },
  { selector: "TSEnumDeclaration", message: "Use a union of string literals." },
  { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Foreign text is rendered as text." },
  { selector: "AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]", message: "Foreign text is rendered as text." },
  { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: "Foreign text is rendered as text." },
];

/** Which package may not reach into which. */
const room = (files, patterns) => ({
  files,
  plugins: { "@typescript-eslint": tseslint.plugin },
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
});

const views = { regex: "^preact", message: "Models and clients decide without a view library." };

export default defineConfig(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/*.generated.ts", "**/generated/**"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ["vitest.config.ts"] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 5],
      complexity: ["error", 20],
      eqeqeq: "error",
      "no-console": "error",
      "no-eval": "error",
      "no-restricted-syntax": ["error", ...banned],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  room(["api-client/**"], [views, { group: ["@hutong/*"], message: "The API client knows nobody." }]),
  room(["sample-app/**"], [{ regex: "^@hutong/(?!chat$|ui)", message: "The sample shows what an app can do with the client alone." }]),
  room(["sdk/**"], [views, { regex: "^@hutong/(?!api-client$)", message: "The client for apps knows the API and nothing else." }]),
  room(["ui/**"], [{ group: ["@hutong/*"], message: "The design system knows no protocol and no page." }]),
  room(["widget/**"], [{ group: ["@hutong/desk*", "@hutong/sample-site*", "**/desk/**"], message: "Widget and desk do not know each other." }]),
  room(["desk/**"], [{ group: ["@hutong/widget*", "@hutong/sample-site*", "**/widget/**"], message: "Widget and desk do not know each other." }]),
  room(["**/model.ts", "**/model/**/*.ts", "**/*.model.ts"], [views]),
  {
    files: ["**/*.test.{ts,tsx}", "e2e/**"],
    rules: { "max-lines-per-function": "off", "max-lines": ["error", { max: 500, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: { globals: { ...globals.node } },
  },
  {
    // What runs inside pages, by the browser tests.
    files: ["e2e/**/*.mjs"],
    languageOptions: { globals: { ...globals.browser } },
  },
  {
    files: ["widget/browser/*.mjs", "sample-app/browser/*.mjs"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    files: ["sample-site/src/*.js"],
    languageOptions: { sourceType: "script", globals: { ...globals.browser } },
  },
  {
    files: ["*.config.{js,ts}", "*/vite*.config.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
);
