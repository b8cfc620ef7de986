/** Buttons: with words, or with an icon and a spoken name. */
import "./button.css";
import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconNode } from "./icon";
import { Spinner } from "./spinner";

type Native = Omit<JSX.IntrinsicElements["button"], "icon" | "size" | "children" | "class">;

export interface ButtonProps extends Native {
  children: ComponentChildren;
  look?: "primary" | "plain" | "quiet" | "danger" | "note" | undefined;
  size?: "s" | "m" | "l" | undefined;
  icon?: IconNode | undefined;
  /** Shows that the answer is on its way, and refuses further clicks. */
  busy?: boolean | undefined;
  /** Keys that do the same, shown on the button. */
  keys?: string | undefined;
  class?: string | undefined;
}

export function Button({ children, look = "plain", size = "m", icon, busy, keys, class: extra, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={Boolean(rest.disabled) || busy === true}
      class={`ui-button ui-button-${look} ui-button-${size} ${extra ?? ""}`}
    >
      {busy ? <Spinner size={14} /> : icon && <Icon icon={icon} size={size === "s" ? 14 : 16} />}
      <span class="ui-button-label">{children}</span>
      {keys && (
        <kbd class="ui-button-keys" aria-hidden="true">
          {keys}
        </kbd>
      )}
    </button>
  );
}

export interface IconButtonProps extends Native {
  icon: IconNode;
  /** Spoken, and shown on hover. */
  label: string;
  size?: number | undefined;
  /** A toggle that is on. */
  on?: boolean | undefined;
  class?: string | undefined;
}

export function IconButton({ icon, label, size = 16, on, class: extra, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...(on === undefined ? {} : { "aria-pressed": on })}
      {...rest}
      class={`ui-icon-button ${extra ?? ""}`}
    >
      <Icon icon={icon} size={size} />
    </button>
  );
}
