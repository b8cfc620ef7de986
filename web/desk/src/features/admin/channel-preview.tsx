/** How the chat will look on a page: drawn from the form, before anything is saved. */
import { localized, type Channel, type Locale } from "@hutong/api-client";
import { Icon } from "@hutong/ui";
import { ChevronRight, MessageCircle } from "lucide";
import { useState } from "preact/hooks";
import { locale } from "../../core/preferences";
import { t, tIn } from "../../texts/texts";
import type { Widget } from "./web-chat.model";

const TOPICS_SHOWN = 4;
const LOCALES: readonly Locale[] = ["zh-CN", "en"];

/** Dark or light signs on this ground? The one that differs more, as the launcher decides. */
export function signOn(color: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = (parseInt(color.slice(at, at + 2), 16) || 0) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05) >= 3 ? "#ffffff" : "#10152b";
}

function Panel({ channel, widget, lang }: { channel: Channel; widget: Widget; lang: Locale }) {
  return (
    <div class="preview-panel" lang={lang}>
      <div class="preview-head" style={{ background: widget.color, color: signOn(widget.color) }}>
        <b>{localized(channel.name, lang) || tIn(lang, "web.preview_title")}</b>
        <p>{localized(widget.greeting, lang) || tIn(lang, "web.preview_greeting")}</p>
      </div>
      <ul>
        {channel.topics.slice(0, TOPICS_SHOWN).map((topic, n) => (
          <li key={n}><span>{localized(topic.name, lang) || topic.id}</span><Icon icon={ChevronRight} size={14} /></li>
        ))}
      </ul>
      <p class="preview-privacy">{localized(widget.privacy.text, lang) || tIn(lang, "web.preview_privacy")}{widget.privacy.url ? ` ${tIn(lang, "web.preview_link")}` : ""}</p>
    </div>
  );
}

export function ChannelPreview({ channel, widget }: { channel: Channel; widget: Widget }) {
  const [lang, setLang] = useState<Locale>(locale());
  return (
    <figure class="preview" aria-label={t("web.preview")} data-testid="preview">
      <figcaption>
        {t("web.preview")}
        <span role="group" aria-label={t("web.preview_language")}>
          {LOCALES.map((each) => (
            <button key={each} type="button" class="preview-language" aria-pressed={each === lang} onClick={() => setLang(each)}>{t(`language.${each}`)}</button>
          ))}
        </span>
      </figcaption>
      <div class={`preview-page preview-${widget.corner}`}>
        <Panel channel={channel} widget={widget} lang={lang} />
        <span class="preview-launcher" style={{ background: widget.color, color: signOn(widget.color) }}><Icon icon={MessageCircle} size={22} /></span>
      </div>
    </figure>
  );
}
