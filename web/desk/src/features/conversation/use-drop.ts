/** Files that are dragged over the composer and let go there. */
import { useEffect, useState } from "preact/hooks";

/** A file that misses the composer must not take the browser away from the desk. */
function useNoStrayDrops() {
  useEffect(() => {
    const stop = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    };
    addEventListener("dragover", stop);
    addEventListener("drop", stop);
    return () => {
      removeEventListener("dragover", stop);
      removeEventListener("drop", stop);
    };
  }, []);
}

export function useDrop(take: (files: readonly File[]) => void) {
  const [over, setOver] = useState(false);
  useNoStrayDrops();
  const bringsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
  return {
    over,
    handlers: {
      onDragOver: (event: DragEvent) => setOver(bringsFiles(event)),
      onDragLeave: (event: DragEvent) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node) || !(event.currentTarget instanceof Node) || !event.currentTarget.contains(to)) setOver(false);
      },
      onDrop: (event: DragEvent) => {
        setOver(false);
        if (bringsFiles(event)) take([...(event.dataTransfer?.files ?? [])]);
      },
    },
  };
}
