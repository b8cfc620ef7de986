/** What the words are used for, told before the first personal datum. */
import { localized } from "@hutong/api-client";
import { safeHref } from "../links.ts";
import { usePanel } from "./context.ts";

export function Privacy() {
  const { model, t } = usePanel();
  const settings = model.channel?.widget.privacy;
  const text = settings === undefined ? "" : localized(settings.text, model.locale);
  const href = settings === undefined ? null : privacyHref(settings.url);
  return (
    <p class="privacy">
      {text === "" ? t("privacy_default") : text}
      {href !== null && (
        <>
          {" "}
          <a href={href} target="_blank" rel="noopener noreferrer">{t("privacy_link")}</a>
        </>
      )}
    </p>
  );
}

/** A whole web address, or a path on the desk's own host. */
function privacyHref(url: string): string | null {
  if (url === "") return null;
  return /^\/(?!\/)/.test(url) ? safeHref(location.origin + url) : safeHref(url);
}
