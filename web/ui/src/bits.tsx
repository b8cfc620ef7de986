/** Small pieces without a life of their own: avatar, badge, empty state. */
import "./bits.css";
import type { ComponentChildren } from "preact";
import { Icon, type IconNode } from "./icon";

/** What is said after a Chinese surname, and is no name. */
const TITLE = /(?:先生|女士|小姐|同志|老师)$/u;

/** The letters that stand for a name: the last character of a Chinese given name (of 马先生 the surname), or two initials. */
export function initials(name: string): string {
  const trimmed = name.trim();
  const han = trimmed.replace(/[^\p{Script=Han}]/gu, "");
  if (han !== "") return [...(han.replace(TITLE, "") || han)].slice(-1).join("");
  const words = trimmed.split(/\s+/u).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0]?.toUpperCase() ?? "").join("");
}

function hueOf(seed: string): number {
  let sum = 0;
  for (const char of seed) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 8;
  return sum;
}

export function Avatar({ name, seed, size = 32, children }: {
  name: string;
  /** What stays the same when the name changes; picks the colour. */
  seed: string;
  size?: number;
  children?: ComponentChildren;
}) {
  return (
    <span class="ui-avatar-box" style={{ width: `${size}px`, height: `${size}px` }} aria-hidden="true">
      <span class={`ui-avatar ui-avatar-${hueOf(seed)}`} style={{ fontSize: `${Math.round(size * 0.42)}px` }}>
        {initials(name) || "·"}
      </span>
      {children}
    </span>
  );
}

export type Tone = "neutral" | "brand" | "waiting" | "soon" | "overdue" | "danger" | "success" | "note";

export function Badge({ tone = "neutral", icon, children, title }: {
  tone?: Tone;
  icon?: IconNode;
  children: ComponentChildren;
  title?: string;
}) {
  return (
    <span class={`ui-badge ui-badge-${tone}`} title={title}>
      {icon && <Icon icon={icon} size={12} />}
      {children}
    </span>
  );
}

/** Says what will appear here and how, or what went wrong and what to do. */
export function EmptyState({ icon, title, children, action, tone }: {
  icon: IconNode;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
  tone?: "danger";
}) {
  return (
    <div class={tone ? "ui-empty ui-empty-danger" : "ui-empty"} {...(tone ? { role: "alert" } : {})}>
      <span class="ui-empty-icon">
        <Icon icon={icon} size={24} />
      </span>
      <p class="ui-empty-title">{title}</p>
      {children && <div class="ui-empty-text">{children}</div>}
      {action}
    </div>
  );
}
