/** Foreign words, and when they were said. */
import { exactText, timeText } from "@hutong/ui";
import { locale } from "../../core/preferences";
import { linkParts } from "./model";

export function Text({ text }: { text: string }) {
  return (
    <p class="text">
      {linkParts(text).map((part, n) =>
        part.href
          ? <a key={n} href={part.href} target="_blank" rel="noopener noreferrer nofollow">{part.text}</a>
          : part.text)}
    </p>
  );
}

export function Time({ at }: { at: number }) {
  return <time class="spoken-time" title={exactText(at, locale())}>{timeText(at, locale())}</time>;
}
