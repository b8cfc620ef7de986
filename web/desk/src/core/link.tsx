/** A link inside the desk: a real address, so that it can be opened in another tab. */
import type { ComponentChildren } from "preact";
import { goTo } from "./navigation";
import { hrefOf, type Route } from "./routes.model";

export function Link({ to, children, ...rest }: {
  to: Route;
  children: ComponentChildren;
  class?: string;
  "aria-current"?: "page" | "true" | undefined;
  "aria-label"?: string;
  title?: string;
  "data-testid"?: string;
}) {
  const passed: object = rest;
  return (
    <a
      {...passed}
      href={hrefOf(to)}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        goTo(to);
      }}
    >
      {children}
    </a>
  );
}
