/** Finding a command by a few of its letters. */

export interface Command {
  id: string;
  label: string;
  /** What it belongs to. */
  group: string;
  keys?: string;
  run: () => void;
}

/** How well the letters fit: lower is better, null is not at all. */
export function fit(label: string, query: string): number | null {
  const text = label.toLowerCase();
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return 0;
  const whole = text.indexOf(wanted);
  if (whole >= 0) return whole;
  let at = 0;
  let gaps = 0;
  for (const letter of wanted) {
    const found = text.indexOf(letter, at);
    if (found < 0) return null;
    gaps += found - at;
    at = found + letter.length;
  }
  return 100 + gaps;
}

export function findCommands(commands: readonly Command[], query: string, most = 12): Command[] {
  return commands
    .map((command, n) => ({ command, n, score: fit(`${command.label} ${command.group}`, query) }))
    .filter((each): each is typeof each & { score: number } => each.score !== null)
    .sort((a, b) => a.score - b.score || a.n - b.n)
    .slice(0, most)
    .map((each) => each.command);
}

/** Is the key meant for the text that is being written? */
export function isTyping(target: EventTarget | null): boolean {
  const element = target as { tagName?: string; isContentEditable?: boolean } | null;
  return ["INPUT", "TEXTAREA", "SELECT"].includes(element?.tagName ?? "") || element?.isContentEditable === true;
}
