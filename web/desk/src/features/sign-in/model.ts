/** What a new password must be before the gateway is asked; the gateway has the last word. */

/** Long beats complicated; the gateway refuses well-known ones. */
export const PASSWORD_CHARS_MIN = 12;

export type PasswordProblem = "short" | "same" | "differs";

export function passwordProblem(old: string, fresh: string, again: string): PasswordProblem | null {
  if ([...fresh].length < PASSWORD_CHARS_MIN) return "short";
  if (fresh === old) return "same";
  return fresh === again ? null : "differs";
}

/** A log-in as the gateway wants it: people type capitals and blanks. */
export function agentId(text: string): string {
  return text.trim().toLowerCase();
}

/** The one-time code as printed, without what copying added. */
export function startCode(text: string): string {
  return text.replace(/\s+/gu, "");
}
