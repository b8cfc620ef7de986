/** A button that opens a short list of choices; arrow keys move, Esc closes. */
import "./menu.css";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Check } from "lucide";
import { Icon, type IconNode } from "./icon";

export interface MenuItem {
  id: string;
  label: string;
  hint?: string;
  icon?: IconNode;
  /** One of a set, and the chosen one. */
  checked?: boolean;
  danger?: boolean;
  onSelect: () => void;
}

function focusBeside(list: HTMLElement, step: number) {
  const items = [...list.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const at = items.findIndex((item) => item === document.activeElement);
  items[(at + step + items.length) % items.length]?.focus();
}

export function Menu({ label, button, speaks, items, class: extra, align = "start", side = "below", testId }: {
  /** The menu's name, and the button's where its content does not speak for itself. */
  label: string;
  button: ComponentChildren;
  /** The button's own words are its name. */
  speaks?: boolean;
  items: readonly MenuItem[];
  class?: string;
  align?: "start" | "end";
  side?: "below" | "above" | "right";
  testId?: string;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    list.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
    const outside = (event: MouseEvent) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("mousedown", outside);
    return () => document.removeEventListener("mousedown", outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>("button")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open || !list.current) return;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") focusBeside(list.current, 1);
    else if (event.key === "ArrowUp") focusBeside(list.current, -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="ui-menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        class={extra ?? "ui-button ui-button-plain ui-button-m"}
        aria-haspopup="menu"
        aria-expanded={open}
        {...(speaks ? {} : { "aria-label": label, title: label })}
        data-testid={testId}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <div class={`ui-menu-list ui-menu-${align} ui-menu-${side}`} role="menu" aria-label={label} ref={list}>
          {items.map((item) => (
            <MenuRow key={item.id} item={item} close={close} />
          ))}
        </div>
      )}
    </div>
  );
}

function MenuRow({ item, close }: { item: MenuItem; close: () => void }) {
  const isChoice = item.checked !== undefined;
  return (
    <button
      type="button"
      role={isChoice ? "menuitemradio" : "menuitem"}
      class={item.danger ? "ui-menu-item ui-menu-danger" : "ui-menu-item"}
      tabIndex={-1}
      {...(isChoice ? { "aria-checked": item.checked } : {})}
      onClick={() => {
        close();
        item.onSelect();
      }}
    >
      <span class="ui-menu-icon">{item.icon && <Icon icon={item.icon} />}</span>
      <span class="ui-menu-text">
        {item.label}
        {item.hint && <small>{item.hint}</small>}
      </span>
      {item.checked && <Icon icon={Check} />}
    </button>
  );
}
