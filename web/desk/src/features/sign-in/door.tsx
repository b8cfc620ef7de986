/** The frame of every page before the desk: one card, and the choice of language below. */
import { Icon } from "@hutong/ui";
import { Info, TriangleAlert } from "lucide";
import type { ComponentChildren } from "preact";
import { prefer, preferences } from "../../core/preferences";
import { t } from "../../texts/texts";

export function Door({ title, text, children }: { title: string; text: string; children: ComponentChildren }) {
  const other = preferences.value.locale === "en" ? "zh-CN" : "en";
  return (
    <main class="desk-door">
      <section class="desk-door-card">
        <header class="desk-door-head">
          <img src="/desk/mark.svg" alt="" />
          <div>
            <h1>{title}</h1>
            <p>{text}</p>
          </div>
        </header>
        {children}
      </section>
      <footer class="desk-door-foot">
        <button type="button" class="desk-link-button" lang={other} onClick={() => prefer({ locale: other })}>
          {t("language.other")}
        </button>
      </footer>
    </main>
  );
}

export function Alert({ children, quiet }: { children: ComponentChildren; quiet?: boolean }) {
  return (
    <p class={quiet ? "desk-alert desk-alert-quiet" : "desk-alert"} role={quiet ? "status" : "alert"}>
      <Icon icon={quiet ? Info : TriangleAlert} />
      <span>{children}</span>
    </p>
  );
}
