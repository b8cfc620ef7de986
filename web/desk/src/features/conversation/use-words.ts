/** What is being written, where the caret stands in it, and a field that grows with it. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

const HEIGHT_MAX_PX = 220;

function useGrowth(text: string) {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(HEIGHT_MAX_PX, element.scrollHeight)}px`;
  }, [text]);
  return area;
}

export function useWords(begun: string) {
  const [text, setText] = useState(begun);
  const [caret, setCaret] = useState(begun.length);
  const area = useGrowth(text);
  const place = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (place.current === null) return;
    area.current?.setSelectionRange(place.current, place.current);
    place.current = null;
  }, [text]);
  /** Writes something else, and puts the caret where the writing goes on. */
  const rewrite = (next: { text: string; caret: number }) => {
    place.current = next.caret;
    setText(next.text);
    setCaret(next.caret);
    area.current?.focus();
  };
  const onCaret = () => setCaret(area.current?.selectionStart ?? text.length);
  return { text, setText, caret, onCaret, rewrite, area };
}
