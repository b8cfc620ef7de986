/** A page that is fetched when it is first opened: what most agents never see must not slow their first paint. */
import { Button, EmptyState, Spinner } from "@hutong/ui";
import { RefreshCw, ServerCrash } from "lucide";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../texts/texts";

/** `part`: it stands within a page, and shows nothing until it is there. */
export function later(load: () => Promise<ComponentType>, of: "page" | "part" = "page"): ComponentType {
  let found: ComponentType | null = null;
  return function Later() {
    const [state, setState] = useState<"loading" | "here" | "failed">(found ? "here" : "loading");
    useEffect(() => {
      if (found) return;
      load().then(
        (page) => {
          found = page;
          setState("here");
        },
        () => setState("failed"),
      );
    }, []);
    const Page = found;
    if (Page) return <Page />;
    if (of === "part") return state === "failed" ? <p class="quiet" role="status">{t("page.failed")}</p> : null;
    return (
      <main class="desk-waiting">
        {state === "failed"
          // A newer desk took the place of this one, or the network is away; a reload mends both.
          ? <EmptyState icon={ServerCrash} tone="danger" title={t("page.failed")} action={<Button icon={RefreshCw} onClick={() => location.reload()}>{t("retry")}</Button>}>{t("problem.network")}</EmptyState>
          : <Spinner size={20} label={t("loading")} />}
      </main>
    );
  };
}
