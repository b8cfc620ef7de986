/** Keeps a timeline's scroll where its reader is, whatever is added or measured anew above and below. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** So near to the end, one is at the end. */
const END_PX = 80;
/** So near to the beginning, earlier messages are asked for. */
const BEGINNING_PX = 600;

interface Anchor {
  element: Element;
  /** Its distance from the top of the box. */
  top: number;
}

/** The first message in sight. */
function firstInSight(box: HTMLElement): Anchor | null {
  const edge = box.getBoundingClientRect().top;
  const piece = [...box.querySelectorAll(".piece")].find((each) => each.getBoundingClientRect().bottom > edge);
  for (const element of piece?.querySelectorAll("[data-seq]") ?? []) {
    const { top, bottom } = element.getBoundingClientRect();
    if (bottom > edge) return { element, top: top - edge };
  }
  return null;
}

export function useScroll(id: string, onBeginning: () => void) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  const [away, setAway] = useState(false);
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const hold = () => {
    const element = box.current;
    if (!element) return;
    const held = anchor.current;
    if (atEnd.current) toEnd();
    else if (held?.element.isConnected) {
      const moved = held.element.getBoundingClientRect().top - element.getBoundingClientRect().top - held.top;
      if (Math.abs(moved) > 0.5) element.scrollTop += moved;
    }
  };
  useLayoutEffect(hold);
  useEffect(() => {
    const element = box.current;
    const inner = element?.firstElementChild;
    if (!element || !inner) return;
    // Images, fonts and pieces that come into sight are measured later.
    const observer = new ResizeObserver(hold);
    observer.observe(element);
    observer.observe(inner);
    return () => observer.disconnect();
  }, [id]);
  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
    anchor.current = atEnd.current ? null : firstInSight(element);
    setAway(!atEnd.current);
    if (element.scrollTop < BEGINNING_PX) onBeginning();
  };
  return { box, onScroll, away, atEnd, toEnd };
}
