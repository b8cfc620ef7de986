/** Mail that is stuck: what could not come in, and what could not leave. */
import "./page.css";
import type { QuarantinedLetter } from "@hutong/api-client";
import { Button, EmptyState, exactText, Icon, relativeText, Spinner, Tabs } from "@hutong/ui";
import { ArrowLeft, MailCheck, RefreshCw, Search, TriangleAlert } from "lucide";
import { useEffect } from "preact/hooks";
import { now } from "../../core/clock";
import { Link } from "../../core/link";
import { mayAs } from "../../core/names";
import { goTo, route } from "../../core/navigation";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { LETTER_TABS, type LetterTab } from "../../core/routes.model";
import { t } from "../../texts/texts";
import { bytesText } from "../conversation/model";
import { DeadLetters } from "./dead";
import { countStuck, stuckCounts } from "./stuck-counts";
import { heads } from "./stuck-heads";
import { peopleText, StuckLetter, titleText } from "./stuck-letter";
import { countText } from "./stuck.model";
import { useQuarantine } from "./stuck-store";

function StuckRow({ one, selected }: { one: QuarantinedLetter; selected: boolean }) {
  const head = heads.value.get(one.id);
  return (
    <li>
      <Link to={{ page: "letters", tab: "quarantine", id: one.id }} class="stuck-row" aria-current={selected ? "true" : undefined} data-testid="stuck-row">
        <b>{titleText(one, head)}</b>
        <time title={exactText(one.received_at, locale())}>{relativeText(one.received_at, now.value, locale())}</time>
        <span class="stuck-people">{peopleText(one, head)}</span>
        <span class="stuck-reason">{t(`letters.reason.${one.reason}`)}</span>
        <span class="stuck-more">{bytesText(one.bytes)} · {t("letters.tried", { n: one.tries })}</span>
      </Link>
    </li>
  );
}

function Quarantine({ id }: { id: string | null }) {
  const quarantine = useQuarantine();
  const { letters, problem, more, again, older } = quarantine;
  if (problem) return <EmptyState icon={TriangleAlert} tone="danger" title={t("letters.failed")} action={<Button icon={RefreshCw} onClick={again}>{t("retry")}</Button>}>{problemText(problem)}</EmptyState>;
  if (letters === null) return <div class="desk-waiting"><Spinner label={t("loading")} /></div>;
  if (letters.length === 0) return <EmptyState icon={MailCheck} title={t("letters.quarantine_empty")}>{t("letters.quarantine_empty_text")}</EmptyState>;
  const one = letters.find((each) => each.id === id);
  return (
    <div class={id ? "stuck stuck-open" : "stuck"}>
      <div class="stuck-list">
        <ul aria-label={t("letters.quarantine")}>{letters.map((each) => <StuckRow key={each.id} one={each} selected={each.id === id} />)}</ul>
        {more && <Button onClick={() => void older()}>{t("letters.older")}</Button>}
      </div>
      <div class="stuck-detail">
        <Link to={{ page: "letters", tab: "quarantine", id: null }} class="stuck-back"><Icon icon={ArrowLeft} />{t("letters.back")}</Link>
        {one ? <StuckLetter key={one.id} one={one} quarantine={quarantine} />
          : <EmptyState icon={Search} title={t(id ? "letters.gone" : "letters.choose")}>{t(id ? "letters.gone_text" : "letters.choose_text")}</EmptyState>}
      </div>
    </div>
  );
}

export function LettersPage() {
  const here = route.value;
  useEffect(() => void countStuck(), []);
  if (here.page !== "letters") return null;
  const tabs = LETTER_TABS.filter((tab) => tab !== "dead" || mayAs("admin"));
  const tab: LetterTab = tabs.includes(here.tab) ? here.tab : "quarantine";
  return (
    <main class="letters" data-testid="letters">
      <header>
        <h1>{t("letters.title")}</h1>
        <p class="quiet">{t("letters.about")}</p>
        {tabs.length > 1 && (
          <Tabs label={t("letters.tabs")} panel="letters-panel" current={tab} tabs={tabs.map((each) => ({ id: each, label: t(`letters.${each}`), count: stuckCounts.value[each], countText: countText(stuckCounts.value[each]) }))}
            onSelect={(each) => goTo({ page: "letters", tab: each as LetterTab, id: null })} />
        )}
      </header>
      <div class="letters-panel" id="letters-panel" {...(tabs.length > 1 ? { role: "tabpanel" as const, "aria-label": t(`letters.${tab}`) } : {})}>
        {tab === "dead" ? <DeadLetters /> : <Quarantine id={here.id} />}
      </div>
    </main>
  );
}
