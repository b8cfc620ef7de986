/** Files dropped on the panel. */
import { useRef, useState } from "preact/hooks";

type Drag = Pick<DragEvent, "dataTransfer" | "preventDefault">;

/** Watches for dragged files; `dropping` while some hover. */
export function useDrop(enabled: boolean, onFiles: (files: File[]) => void) {
  const [dropping, setDropping] = useState(false);
  // Entering a child leaves its parent: only the count tells whether the files left the panel.
  const depth = useRef(0);
  const carries = (event: Drag): boolean => enabled && (event.dataTransfer?.types.includes("Files") ?? false);
  const handlers = {
    onDragEnter: (event: Drag) => {
      if (!carries(event)) return;
      depth.current += 1;
      setDropping(true);
    },
    onDragOver: (event: Drag) => {
      if (carries(event)) event.preventDefault();
    },
    onDragLeave: () => {
      depth.current = Math.max(0, depth.current - 1);
      if (depth.current === 0) setDropping(false);
    },
    onDrop: (event: Drag) => {
      depth.current = 0;
      setDropping(false);
      if (!carries(event)) return;
      event.preventDefault();
      onFiles([...(event.dataTransfer?.files ?? [])]);
    },
  };
  return { dropping, handlers };
}
