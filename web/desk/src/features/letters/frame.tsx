/** A letter in its sender's looks, in a frame without scripts and without an origin. */
import type { Letter } from "@hutong/api-client";
import { Button, Icon } from "@hutong/ui";
import { ImageOff, Maximize2, Minimize2 } from "lucide";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../texts/texts";
import { estimatedHeight, frameHeight } from "./frame.model";
import { framePage } from "./model";

/** Where the width is not known yet. */
const WIDTH_PX = 640;

function useHeight(html: string) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(WIDTH_PX);
  useLayoutEffect(() => setWidth(box.current?.clientWidth || WIDTH_PX), []);
  return { box, height: useMemo(() => frameHeight(estimatedHeight(html, width)), [html, width]) };
}

function Images({ blocked, busy, onImages }: { blocked: number; busy: boolean; onImages: () => void }) {
  return (
    <p class="letter-images" title={t("mail.images_why")} data-testid="letter-images">
      <Icon icon={ImageOff} size={14} />
      <span>{t("mail.images", { n: blocked })}</span>
      <span class="ui-sr">{t("mail.images_why")}</span>
      <Button size="s" look="quiet" busy={busy} onClick={onImages} data-testid="letter-images-load">{t("mail.images_load")}</Button>
    </p>
  );
}

export function Formatted({ letter, images, busy, onImages }: { letter: Letter; images: boolean; busy: boolean; onImages: () => void }) {
  const [large, setLarge] = useState(false);
  const html = letter.html ?? "";
  const { box, height } = useHeight(html);
  return (
    <div class="letter-html" data-testid="letter-html">
      <div class="letter-html-bar">
        {letter.images_blocked > 0 && <Images blocked={letter.images_blocked} busy={busy} onImages={onImages} />}
        <Button size="s" look="quiet" class="letter-size" icon={large ? Minimize2 : Maximize2} aria-pressed={large} onClick={() => setLarge(!large)} data-testid="letter-larger">
          {t(large ? "mail.smaller" : "mail.larger")}
        </Button>
      </div>
      {/* Drawn by hand to any height; a new key forgets that when the button is used. */}
      <div key={String(large)} ref={box} class={large ? "letter-frame letter-frame-large" : "letter-frame"} {...(large ? {} : { style: { height: `${height}px` } })} data-testid="letter-frame">
        {/* No scripts and no origin: links open a page of their own, nothing else gets out. */}
        <iframe sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" srcdoc={framePage(html, images)} title={t("mail.frame")} tabIndex={0} />
      </div>
    </div>
  );
}
