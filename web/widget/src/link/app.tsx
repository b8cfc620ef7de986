/** The page behind a callback's link. */
import { localized, type ApiClient, type Locale } from "@hutong/api-client";
import { Icon, type IconNode } from "@hutong/ui/icon";
import { CalendarClock, CircleCheck, CircleSlash, Clock, Link2Off, PhoneCall, PhoneMissed, WifiOff } from "lucide";
import { useEffect, useMemo, useState } from "preact/hooks";
import { knownZone, momentWords, ownZone, sameClock, timeIn, zoneName } from "../calling/times.ts";
import { Changes } from "./changes.tsx";
import { standingOf, type Line, type Look, type Standing, type Tone, type Trouble } from "./model.ts";
import { linkVoiceOf, type LinkSay, type LinkTextKey } from "./texts/index.ts";
import { useLook } from "./use-look.ts";

const ICONS: Record<Tone, IconNode> = { waiting: Clock, planned: CalendarClock, calling: PhoneCall, missed: PhoneMissed, done: CircleCheck, none: CircleSlash };

interface Shown {
  look: Look;
  locale: Locale;
  t: LinkSay;
}

function Card({ icon, tone, title, children }: { icon: IconNode; tone: Tone | "trouble"; title: string; children: preact.ComponentChildren }) {
  return (
    <section class={`stand stand-${tone}`} role="status">
      <span class="stand-icon"><Icon icon={icon} size={28} /></span>
      <h1>{title}</h1>
      {children}
    </section>
  );
}

/** Who refused their number is told so, until the page is left. */
function standing(look: Look, refused: boolean): Standing {
  if (!refused) return standingOf(look, Date.now());
  return { tone: "done", title: { key: "refused_title" }, lines: [{ key: "refused_text" }], when: null };
}

function Call({ look, locale, t, refused }: Shown & { refused: boolean }) {
  const { tone, title, lines, when } = standing(look, refused);
  const now = Date.now();
  const zone = knownZone(look.zone);
  const moment = when === null ? "" : momentWords(when, now, zone, locale);
  const say = ({ key, params }: Line) => t(key, { ...params, when: moment });
  return (
    <Card icon={ICONS[tone]} tone={tone} title={say(title)}>
      {lines.map((line) => <p key={line.key}>{say(line)}</p>)}
      {when !== null && !sameClock(zone, ownZone(), when.from) && <p class="stand-zone">{t("zone", { zone: zoneName(zone, when.from, locale) })}</p>}
      {look.callback && (
        <p class="stand-number">
          <span>{t("number")}</span> <bdi>{look.callback.number}</bdi>
        </p>
      )}
    </Card>
  );
}

const TROUBLES: Record<Trouble, { icon: IconNode; title: LinkTextKey; text: LinkTextKey }> = {
  unknown: { icon: Link2Off, title: "unknown_title", text: "unknown_text" },
  offline: { icon: WifiOff, title: "offline_title", text: "offline_text" },
  often: { icon: Clock, title: "often_title", text: "often_text" },
  busy: { icon: Clock, title: "busy_title", text: "busy_text" },
};

function InTrouble({ trouble, t, again }: { trouble: Trouble; t: LinkSay; again: () => void }) {
  const { icon, title, text } = TROUBLES[trouble];
  return (
    <Card icon={icon} tone="trouble" title={t(title)}>
      <p>{t(text)}</p>
      {trouble !== "unknown" && <button type="button" class="button button-plain" onClick={again}>{t("retry")}</button>}
    </Card>
  );
}

/** What stands below a look that has become old. */
function Age({ trouble, seenAt, locale, t }: { trouble: Trouble | null; seenAt: number; locale: Locale; t: LinkSay }) {
  const time = timeIn(seenAt, ownZone(), locale);
  if (trouble === null) return <p class="link-age">{t("seen", { time })}</p>;
  return (
    <p class="link-age link-age-old" role="status">
      <Icon icon={trouble === "offline" ? WifiOff : Clock} size={16} />
      {trouble === "offline" ? t("offline_line", { time }) : `${t("seen", { time })} · ${t(TROUBLES[trouble].title)}`}
    </p>
  );
}

interface Given {
  api: ApiClient;
  token: string;
  /** The browser's language, or what the person chose before. */
  locale: Locale;
  chosen: Locale | null;
  onChosen: (locale: Locale) => void;
}

export function App({ api, token, locale: usual, chosen, onChosen }: Given) {
  const { look, seenAt, trouble, again } = useLook(api, token);
  const [choice, setChoice] = useState(chosen);
  const [refused, setRefused] = useState(false);
  const locale = choice ?? look?.locale ?? usual;
  const t = useMemo(() => linkVoiceOf(locale), [locale]);
  const desk = look === null ? "" : localized(look.desk, locale);
  useEffect(() => {
    document.documentElement.lang = locale;
    document.title = [t("page_title"), desk].filter(Boolean).join(" · ");
  }, [locale, desk]);
  useEffect(() => setRefused(false), [token]);
  const turn = () => {
    const other = locale === "en" ? "zh-CN" : "en";
    setChoice(other);
    onChosen(other);
  };
  return (
    <div class="link-page">
      <header class="link-head">
        <p>{desk || t("page_title")}</p>
        <button type="button" class="link-button" lang={locale === "en" ? "zh-CN" : "en"} onClick={turn}>{t("language")}</button>
      </header>
      <main>
        {look === null && trouble === null && <p class="link-loading" role="status">{t("loading")}</p>}
        {look === null && trouble !== null && <InTrouble trouble={trouble} t={t} again={() => void again()} />}
        {look !== null && (
          <>
            <Call look={look} locale={locale} t={t} refused={refused} />
            <Age trouble={trouble} seenAt={seenAt} locale={locale} t={t} />
            {look.can_change && !refused && <Changes api={api} token={token} look={look} locale={locale} t={t} again={again} onRefused={() => setRefused(true)} />}
          </>
        )}
      </main>
      {look !== null && <footer class="link-foot">{t("privacy")}</footer>}
    </div>
  );
}
