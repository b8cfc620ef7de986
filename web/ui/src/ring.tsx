/** A ring that runs down: what is left of a time, beside the words that say it. */
import "./ring.css";
import type { ComponentChildren } from "preact";
import type { Tone } from "./bits";

export function Ring({ left, tone = "waiting", size = 20, width = 2.5, children }: {
  /** 0 to 1: the share that is left. Below 0 the ring is full and broken: overdue. */
  left: number;
  tone?: Tone;
  size?: number;
  width?: number;
  children?: ComponentChildren;
}) {
  const radius = (size - width) / 2;
  const round = 2 * Math.PI * radius;
  const overdue = left <= 0;
  const share = overdue ? 1 : Math.min(1, left);
  const dash = overdue ? `${round / 12} ${round / 24}` : `${round * share} ${round}`;
  const circle = { cx: size / 2, cy: size / 2, r: radius, fill: "none", "stroke-width": width };
  return (
    <span class={`ui-ring ui-ring-${tone}`} style={{ width: `${size}px`, height: `${size}px` }}>
      <svg width={size} height={size} viewBox={`0 0 ${size} ${size}`} aria-hidden="true">
        <circle {...circle} class="ui-ring-track" />
        <circle {...circle} class="ui-ring-value" stroke-dasharray={dash} stroke-linecap={overdue ? "butt" : "round"} />
      </svg>
      {children !== undefined && <span class="ui-ring-inner">{children}</span>}
    </span>
  );
}
