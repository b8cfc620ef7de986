/** Problems in plain words: by code where we know it, else by the status. */
import { ApiProblem } from "@hutong/api-client";
import { hasText, t, type TextKey } from "../texts/texts";

export function codeText(code: string, detail = ""): string {
  const key = `problem.${code}`;
  return hasText(key) ? t(key) : detail || t("problem.unknown", { code });
}

function byStatus(status: number): TextKey {
  if (status === 0) return "problem.network";
  if (status === 401) return "problem.unauthenticated";
  if (status === 403) return "problem.forbidden";
  if (status === 404) return "problem.not_found";
  if (status === 409) return "problem.conflict";
  if (status === 413) return "problem.too_large";
  if (status === 429) return "problem.too_many_requests";
  return status >= 500 ? "problem.server" : "problem.invalid";
}

/** What happened, in the reader's language; the gateway's own words where they tell more. */
export function problemText(error: unknown): string {
  if (!(error instanceof ApiProblem)) return t("problem.server");
  const known = error.errors.map((each) => `problem.field.${each.path}`).find(hasText);
  if (known) return t(known);
  const telling = error.code === "invalid" || error.code === "bad_request";
  if (!telling) return hasText(`problem.${error.code}`) ? codeText(error.code) : t(byStatus(error.status));
  const fields = error.errors.map((each) => `${each.path}: ${each.problem}`).join(" · ");
  return `${t("problem.invalid")} ${fields || error.detail}`;
}
