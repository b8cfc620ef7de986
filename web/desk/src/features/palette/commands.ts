/** Everything that the palette reaches. */
import { endWrapUp, openConversation, setPresence } from "../../core/actions";
import { hasMail, isHeld } from "../../core/desk.model";
import { contactName, mayAs, maySee, queueName } from "../../core/names";
import { goTo, route } from "../../core/navigation";
import { prefer, preferences } from "../../core/preferences";
import { KINDS } from "../../core/routes.model";
import { signOut } from "../../core/session";
import { desk, mine } from "../../core/store";
import { t } from "../../texts/texts";
import { openDialog } from "../endings/dialogs";
import type { Command } from "./model";
import { openPalette } from "./open";

function aboutOpen(): Command[] {
  const state = desk.value;
  const id = route.value.page === "work" ? route.value.conversation : null;
  const one = id ? state?.known.get(id) : undefined;
  if (!state || !one || !isHeld(state, one)) return [];
  const group = contactName(one);
  if (one.state === "wrap_up") {
    return [{ id: "end_wrap_up", group, label: t("wrap_up.end"), run: () => void endWrapUp(one.id) }];
  }
  return [
    { id: "transfer", group, label: t("action.transfer"), keys: "T", run: () => openDialog("transfer", one.id) },
    { id: "snooze", group, label: t("action.snooze"), keys: "S", run: () => openDialog("snooze", one.id) },
    { id: "close", group, label: t("action.close"), keys: "E", run: () => openDialog("close", one.id) },
  ];
}

function places(): Command[] {
  const group = t("palette.go");
  const work = (tab: "mine" | "queue" | "done"): Command => ({
    id: `tab-${tab}`, group, label: t(`tab.${tab}`), run: () => goTo({ page: "work", tab, conversation: null, q: "" }) });
  const found = [work("mine"), work("done")];
  if (mayAs("supervisor")) {
    found.push(work("queue"));
    found.push({ id: "live", group, label: t("rail.live"), run: () => goTo({ page: "live", queue: null, wall: false }) });
    if (desk.value && hasMail(desk.value)) found.push({ id: "letters", group, label: t("letters.title"), run: () => goTo({ page: "letters", tab: "quarantine", id: null }) });
    found.push({ id: "wall", group, label: t("live.wall"), run: () => goTo({ page: "live", queue: null, wall: true }) });
  }
  for (const kind of KINDS.filter(maySee)) {
    found.push({ id: `admin-${kind}`, group: t("rail.admin"), label: t(`admin.${kind}`), run: () => goTo({ page: "admin", kind, id: null }) });
  }
  return found;
}

function choices(): Command[] {
  const group = t("palette.choices");
  const { locale, sound } = preferences.value;
  const theme = (to: "light" | "dark" | "system"): Command => ({ id: `theme-${to}`, group, label: t(`theme.${to}`), run: () => prefer({ theme: to }) });
  return [
    { id: "ready", group, label: t("presence.ready"), run: () => setPresence("ready") },
    { id: "away", group, label: t("presence.away"), run: () => setPresence("away") },
    { id: "language", group, label: t("language.other"), run: () => prefer({ locale: locale === "en" ? "zh-CN" : "en" }) },
    theme("light"), theme("dark"), theme("system"),
    { id: "sound", group, label: t(sound ? "sound.turn_off" : "sound.turn_on"), run: () => prefer({ sound: !sound }) },
    { id: "keys", group, label: t("keys.title"), keys: "?", run: () => openPalette("keys") },
    { id: "password", group, label: t("password.title"), run: () => goTo({ page: "password" }) },
    { id: "sign_out", group, label: t("sign_out"), run: () => void signOut() },
  ];
}

export function allCommands(): Command[] {
  const conversations = mine.value.filter((one) => one.state !== "offered").map((one): Command => ({
    id: one.id, group: queueName(one.queue), label: contactName(one), run: () => openConversation(one.id) }));
  return [...aboutOpen(), ...conversations, ...places(), ...choices()];
}
