/** A modal dialog: the browser's own, which keeps the focus inside and closes on Esc. */
import "./dialog.css";
import { X } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { IconButton } from "./button";

export interface DialogProps {
  title: string;
  closeLabel: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons, at the end. */
  footer?: ComponentChildren;
  wide?: boolean;
  onSubmit?: () => void;
  testId?: string;
}

export function Dialog({ title, closeLabel, onClose, children, footer, wide, onSubmit, testId }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? "ui-dialog ui-dialog-wide" : "ui-dialog"}
      aria-labelledby={id}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <form
        class="ui-dialog-form"
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit?.();
        }}
      >
        <header class="ui-dialog-head">
          <h2 id={id}>{title}</h2>
          <IconButton icon={X} label={closeLabel} onClick={onClose} />
        </header>
        <div class="ui-dialog-body">{children}</div>
        {footer && <footer class="ui-dialog-foot">{footer}</footer>}
      </form>
    </dialog>
  );
}
