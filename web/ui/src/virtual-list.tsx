/** A long list of rows of one height: only those in sight exist. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { windowOf } from "./window.model";

export function VirtualList<T>({ items, rowPx, keyOf, children, label, ensure }: {
  items: readonly T[];
  rowPx: number;
  keyOf: (item: T) => string;
  children: (item: T, place: number) => ComponentChildren;
  label: string;
  /** The key of a row to bring into sight when it changes. */
  ensure?: string | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  useEffect(() => {
    const element = box.current;
    const at = ensure === undefined ? -1 : items.findIndex((item) => keyOf(item) === ensure);
    if (!element || at < 0) return;
    const top = at * rowPx;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowPx > element.scrollTop + element.clientHeight) element.scrollTop = top + rowPx - element.clientHeight;
  }, [ensure]);
  const { first, last } = windowOf(items.length, rowPx, view.top, view.height);
  return (
    <div class="ui-virtual" ref={box} style={{ overflowY: "auto", height: "100%", overflowAnchor: "none" }}>
      <ul aria-label={label} style={{ position: "relative", height: `${items.length * rowPx}px` }}>
        {items.slice(first, last).map((item, place) => (
          <li
            key={keyOf(item)}
            aria-setsize={items.length}
            aria-posinset={first + place + 1}
            style={{ position: "absolute", top: `${(first + place) * rowPx}px`, left: 0, right: 0, height: `${rowPx}px` }}
          >
            {children(item, first + place)}
          </li>
        ))}
      </ul>
    </div>
  );
}
