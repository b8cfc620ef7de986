/** Tabs: arrow keys move, as the pattern of WAI-ARIA asks. */
import "./tabs.css";
import { useRef } from "preact/hooks";

export interface Tab {
  id: string;
  label: string;
  count?: number | undefined;
  /** How the count is written where it is not simply the number. */
  countText?: string | undefined;
}

export function Tabs({ tabs, current, onSelect, label, panel }: {
  tabs: readonly Tab[];
  current: string;
  onSelect: (id: string) => void;
  label: string;
  /** The id of the element that shows the chosen tab. */
  panel: string;
}) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.id === current);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    onSelect(next.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div class="ui-tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          data-tab={tab.id}
          aria-selected={tab.id === current}
          aria-controls={panel}
          tabIndex={tab.id === current ? 0 : -1}
          onClick={() => onSelect(tab.id)}
        >
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && <span class="ui-tab-count">{tab.countText ?? tab.count}</span>}
        </button>
      ))}
    </div>
  );
}
