/** Icons of one library, drawn by us so that the library needs no view framework. */
import type { IconNode } from "lucide";
import { h } from "preact";

export type { IconNode };

interface IconProps {
  icon: IconNode;
  size?: number;
  /** Spoken name; without it the icon is decoration. */
  label?: string;
  class?: string;
}

export function Icon({ icon, size = 16, label, class: extra }: IconProps) {
  const spoken = label === undefined ? { "aria-hidden": true as const } : { role: "img" as const, "aria-label": label };
  return (
    <svg
      class={extra ? `ui-icon ${extra}` : "ui-icon"}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width={size >= 24 ? 1.6 : 1.9}
      stroke-linecap="round"
      stroke-linejoin="round"
      {...spoken}
    >
      {icon.map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  );
}
