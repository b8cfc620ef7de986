/** Short messages that pass; announced once, politely. */
import "./toast.css";
import { signal } from "@preact/signals";
import { CircleCheck, TriangleAlert, X } from "lucide";
import { Button, IconButton } from "./button";
import { Icon } from "./icon";

interface Toast {
  id: number;
  text: string;
  tone: "success" | "danger";
  action?: ToastAction | undefined;
}

/** What can be done about it at once. */
export interface ToastAction {
  label: string;
  onSelect: () => void;
}

/** The most that are shown; the oldest gives way. */
const TOASTS_MAX = 4;
const SHOWN_MS = 6000;
const ACTION_MS = 20_000;

const toasts = signal<readonly Toast[]>([]);
let lastId = 0;

function drop(id: number) {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Says something; a problem stays until it is dismissed. */
export function say(text: string, tone: Toast["tone"] = "success", action?: ToastAction) {
  lastId += 1;
  const id = lastId;
  const others = toasts.value.filter((toast) => toast.text !== text);
  toasts.value = [...others, { id, text, tone, action }].slice(-TOASTS_MAX);
  if (tone === "success") setTimeout(() => drop(id), SHOWN_MS);
  // What can be done about it can be done elsewhere too: it need not stand in the way for ever.
  else if (action) setTimeout(() => drop(id), ACTION_MS);
}

export function Toasts({ closeLabel }: { closeLabel: string }) {
  return (
    <div class="ui-toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`ui-toast ui-toast-${toast.tone}`} data-testid="toast">
          <Icon icon={toast.tone === "success" ? CircleCheck : TriangleAlert} />
          <span>{toast.text}</span>
          {toast.action && <Button size="s" onClick={() => { drop(toast.id); toast.action?.onSelect(); }} data-testid="toast-action">{toast.action.label}</Button>}
          <IconButton icon={X} size={14} label={closeLabel} onClick={() => drop(toast.id)} />
        </div>
      ))}
    </div>
  );
}
