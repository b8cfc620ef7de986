/** What every view is given. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Action } from "../model/actions.ts";
import type { Model } from "../model/model.ts";
import type { Files } from "../files.ts";
import type { Session } from "../session.ts";
import type { Say } from "../texts/index.ts";

export interface Panel {
  model: Model;
  /** Says a text in the person's language. */
  t: Say;
  dispatch: (action: Action) => void;
  session: Session;
  files: Files;
  /** Closes the panel; null where it is a page of its own. */
  close: (() => void) | null;
}

export const PanelContext = createContext<Panel | null>(null);

export function usePanel(): Panel {
  const panel = useContext(PanelContext);
  if (panel === null) throw new Error("a view outside the panel");
  return panel;
}
