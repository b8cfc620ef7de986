/** The rail: where one can go, and who one is. */
import { Avatar, Icon, Menu, type MenuItem } from "@hutong/ui";
import { Activity, CircleHelp, Inbox, Keyboard, KeyRound, Languages, LogOut, MailWarning, Monitor, Moon, Search, Settings2, Sun, Volume2, VolumeX, Bell, BellOff } from "lucide";
import type { IconNode } from "@hutong/ui";
import { useEffect } from "preact/hooks";
import { Link } from "../../core/link";
import { hasMail } from "../../core/desk.model";
import { hasKeys } from "../../core/keyboard";
import { mayAs } from "../../core/names";
import { goTo, route } from "../../core/navigation";
import { prefer, preferences } from "../../core/preferences";
import { hrefOf, type Route } from "../../core/routes.model";
import { signOut } from "../../core/session";
import { desk } from "../../core/store";
import { t } from "../../texts/texts";
import { askForNotifications } from "../offers/alerts";
import { followStuck, stuckCounts } from "../letters/stuck-counts";
import { countText } from "../letters/stuck.model";
import { openPalette } from "../palette/open";

function Place({ to, icon, label, count = 0, counted = "" }: {
  to: Route;
  icon: IconNode;
  label: string;
  /** What needs a look there, and how that is said. */
  count?: number;
  counted?: string;
}) {
  const here = route.value.page === to.page;
  return (
    <Link to={to} class="desk-rail-link" aria-current={here ? "page" : undefined} data-testid={`go-${to.page}`}>
      <Icon icon={icon} size={20} />
      {label}
      {count > 0 && <span class="desk-rail-count" title={counted} data-testid={`count-${to.page}`}><span aria-hidden="true">{countText(count)}</span><span class="ui-sr">{counted}</span></span>}
    </Link>
  );
}

function myItems(): MenuItem[] {
  const { locale, theme, sound, notify, sendBy, keys } = preferences.value;
  const themes = { system: Monitor, light: Sun, dark: Moon } as const;
  const next = { system: "light", light: "dark", dark: "system" } as const;
  return [
    { id: "language", icon: Languages, label: t("language.other"), onSelect: () => prefer({ locale: locale === "en" ? "zh-CN" : "en" }) },
    { id: "theme", icon: themes[theme], label: t(`theme.${theme}`), hint: t("theme.hint"), onSelect: () => prefer({ theme: next[theme] }) },
    { id: "sound", icon: sound ? Volume2 : VolumeX, label: t(sound ? "sound.on" : "sound.off"), onSelect: () => prefer({ sound: !sound }) },
    { id: "notify", icon: notify ? Bell : BellOff, label: t(notify ? "notify.on" : "notify.off"), onSelect: () => (notify ? prefer({ notify: false }) : void askForNotifications()) },
    { id: "send", icon: Keyboard, label: t(`send_by.${sendBy}`), hint: t("send_by.hint"), onSelect: () => prefer({ sendBy: sendBy === "enter" ? "ctrl_enter" : "enter" }) },
    { id: "keys", icon: CircleHelp, label: t(keys ? "single_keys.on" : "single_keys.off"), onSelect: () => prefer({ keys: !keys }) },
    { id: "password", icon: KeyRound, label: t("password.title"), onSelect: () => goTo({ page: "password" }) },
    { id: "out", icon: LogOut, label: t("sign_out"), onSelect: () => void signOut() },
  ];
}

function StuckMail() {
  useEffect(followStuck, []);
  const { quarantine, deadLetters } = stuckCounts.value;
  const count = quarantine + deadLetters;
  return <Place to={{ page: "letters", tab: "quarantine", id: null }} icon={MailWarning} label={t("rail.letters")} count={count} counted={t("letters.count", { n: countText(count) })} />;
}

export function Rail() {
  const state = desk.value;
  if (!state) return null;
  const work: Route = { page: "work", tab: "mine", conversation: null, q: "" };
  return (
    <nav class="desk-rail" aria-label={t("rail.label")}>
      <a href={hrefOf(work)} class="desk-mark" aria-label={t("rail.home")} onClick={(event) => { event.preventDefault(); goTo(work); }}>
        <img src="/desk/mark.svg" alt="" width={32} height={32} />
      </a>
      <Place to={work} icon={Inbox} label={t("rail.work")} />
      {mayAs("supervisor") && <Place to={{ page: "live", queue: null, wall: false }} icon={Activity} label={t("rail.live")} />}
      {mayAs("supervisor") && hasMail(state) && <StuckMail />}
      {mayAs("supervisor") && <Place to={{ page: "admin", kind: mayAs("admin") ? "queues" : "refused_numbers", id: null }} icon={Settings2} label={t("rail.admin")} />}
      <span class="desk-rail-space" />
      <button type="button" class="desk-rail-link" onClick={() => openPalette("commands")} title={t("palette.title")}>
        <Icon icon={Search} size={18} />
        {t("rail.search")}
      </button>
      {hasKeys.value && (
        <button type="button" class="desk-rail-link" onClick={() => openPalette("keys")} title={t("keys.title")}>
          <Icon icon={CircleHelp} size={18} />
          {t("rail.keys")}
        </button>
      )}
      <Menu
        label={t("rail.me", { name: state.me.name })}
        class="desk-rail-me"
        side="right"
        testId="me"
        items={myItems()}
        button={
          <Avatar name={state.me.name} seed={state.me.id} size={36}>
            <span class={`desk-dot desk-dot-${state.presence}`} />
          </Avatar>
        }
      />
    </nav>
  );
}
