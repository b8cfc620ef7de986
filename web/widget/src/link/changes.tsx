/** What a person can do about their call: another time, another number, no call, never again. */
import type { ApiClient, Locale } from "@hutong/api-client";
import { Icon, type IconNode } from "@hutong/ui/icon";
import { CalendarClock, Phone, X } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../calling/asked-field.tsx";
import { CallForm, type Wish } from "../calling/call-form.tsx";
import { refusalOf, wordsOf, type Refusal } from "../calling/refusals.ts";
import { callVoiceOf } from "../calling/texts/index.ts";
import { stillAhead } from "../calling/times.ts";
import type { Look } from "./model.ts";
import type { LinkSay, LinkTextKey } from "./texts/index.ts";

interface Given {
  api: ApiClient;
  token: string;
  look: Look;
  locale: Locale;
  t: LinkSay;
  /** Looks at the call anew. */
  again: () => Promise<void>;
  onRefused: () => void;
}

type Open = "time" | "number" | "cancel" | "refuse" | null;

const TITLES: Record<Exclude<Open, null>, LinkTextKey> = {
  time: "other_time_title", number: "other_number_title", cancel: "cancel_title", refuse: "refuse_title",
};

/** Does it, looks anew, and gives the refusal. */
async function attempt(deed: () => Promise<unknown>, again: () => Promise<void>): Promise<Refusal | null> {
  try {
    await deed();
  } catch (error) {
    return refusalOf(error);
  }
  await again();
  return null;
}

/** Asks once more, in place. */
function Sure({ text, yes, no, locale, deed, dismiss }: {
  text: string; yes: string; no: string; locale: Locale; deed: () => Promise<Refusal | null>; dismiss: () => void;
}) {
  const [sending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const submit = async () => {
    if (sending) return;
    setSending(true);
    const refused = await deed();
    setSending(false);
    setRefusal(refused);
  };
  const said = refusal === null ? null : wordsOf(refusal);
  return (
    <div class="call-form">
      <p>{text}</p>
      {said && <Problem words={callVoiceOf(locale)(said.key, { n: said.minutes })} />}
      <div class="question-buttons">
        <button type="button" class="button button-plain" onClick={dismiss}>{no}</button>
        <button type="button" class="button button-danger" aria-disabled={sending} onClick={() => void submit()}>{yes}</button>
      </div>
    </div>
  );
}

function Choice({ icon, words, onClick }: { icon: IconNode; words: string; onClick: () => void }) {
  return (
    <button type="button" class="choice" onClick={onClick}>
      <Icon icon={icon} size={20} />
      {words}
    </button>
  );
}

export function Changes({ api, token, look, locale, t, again, onRefused }: Given) {
  const [open, setOpen] = useState<Open>(null);
  const place = useRef<HTMLElement>(null);
  const close = () => setOpen(null);
  const path = `/phone/requests/${encodeURIComponent(token)}`;
  const done = (refused: Refusal | null) => {
    if (refused === null) close();
    return refused;
  };
  const change = async (wish: Wish) => {
    // Only the number is another: the time that they wished for stays.
    const kept = open === "number" ? stillAhead(look.callback ?? {}, Date.now()) : {};
    return done(await attempt(() => api.put(path, { ...kept, ...wish }), again));
  };
  // Whoever opens or leaves a question goes on here, and not at the top of the page.
  const before = useRef<Open>(null);
  useEffect(() => {
    if (before.current !== null && open === null) place.current?.querySelector("button")?.focus();
    else if (open === "cancel" || open === "refuse") place.current?.focus();
    if (open !== null) place.current?.scrollIntoView({ block: "nearest" });
    before.current = open;
  }, [open]);

  if (open === null) {
    return (
      <>
        <nav class="choices" ref={place} aria-label={t("page_title")}>
          {look.days_ahead > 0 && <Choice icon={CalendarClock} words={t("other_time")} onClick={() => setOpen("time")} />}
          <Choice icon={Phone} words={t("other_number")} onClick={() => setOpen("number")} />
          <Choice icon={X} words={t("cancel")} onClick={() => setOpen("cancel")} />
        </nav>
        <p class="never">
          <button type="button" class="link-button" onClick={() => setOpen("refuse")}>{t("refuse")}</button>
        </p>
      </>
    );
  }
  return (
    <section
      class="change" ref={place} tabIndex={-1} aria-labelledby="change-title"
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      <h2 id="change-title">{t(TITLES[open])}</h2>
      {(open === "time" || open === "number") && (
        <CallForm
          key={open} locale={locale} asks={{ number: open === "number", when: open === "time" }} zone={look.zone} ahead={look.days_ahead} verify={look.verify}
          later={typeof look.callback?.from !== "number"} send={t(open === "time" ? "other_time_send" : "other_number_send")} ask={change} dismiss={close}
        />
      )}
      {open === "cancel" && (
        <Sure text={t("cancel_text")} yes={t("cancel_yes")} no={t("keep")} locale={locale} dismiss={close} deed={async () => done(await attempt(() => api.delete(path), again))} />
      )}
      {open === "refuse" && (
        <Sure
          text={t("refuse_text")} yes={t("refuse_yes")} no={t("back")} locale={locale} dismiss={close}
          deed={async () => {
            const refused = await attempt(() => api.put(`${path}/refusal`, {}), again);
            if (refused === null) onRefused();
            return refused;
          }}
        />
      )}
    </section>
  );
}
