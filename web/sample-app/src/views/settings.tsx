/** What the person is told of while the app is closed, the language, and signing out. */
import { ChatError, type NotificationKind, type NotificationWishes } from "@hutong/chat";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../state.ts";
import type { TextKey } from "../texts/index.ts";

const KINDS: readonly NotificationKind[] = ["answer", "status", "reminder", "rating"];
const QUIET = { from: "22:00", to: "07:00" } as const;

function Switch({ label, note, value, onValue, disabled, testId }: {
  label: string; note?: string; value: boolean; onValue: (value: boolean) => void; disabled?: boolean; testId?: string;
}) {
  return (
    <label class="switch">
      <span><b>{label}</b>{note && <small>{note}</small>}</span>
      <input type="checkbox" role="switch" checked={value} disabled={disabled === true} data-testid={testId}
        onChange={(event) => { const wanted = event.currentTarget.checked; event.currentTarget.checked = value; onValue(wanted); }} />
    </label>
  );
}

/** The switch for this device, and why it cannot be moved. */
function Allow({ onAllowed }: { onAllowed: () => void }) {
  const { app, chat, state, t } = useApp();
  const [on, setOn] = useState(chat.registered);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<TextKey | null>(() => obstacle());
  function obstacle(): TextKey | null {
    if (!("PushManager" in window) || !("Notification" in window)) return "push_missing";
    if (typeof state.channel !== "string" && !state.channel.push?.web_push_key) return "push_not_set_up";
    return Notification.permission === "denied" ? "push_denied" : null;
  }
  const change = async (wanted: boolean) => {
    const { worker } = app;
    if (worker === null) return setWhy("push_missing");
    setBusy(true);
    try {
      if (wanted) await chat.enableWebPush(worker);
      else await chat.disableWebPush(worker);
      setOn(wanted);
      setWhy(null);
      onAllowed();
    } catch (error) {
      const denied = Notification.permission === "denied";
      setWhy(denied ? "push_denied" : error instanceof ChatError && error.code === "push_not_set_up" ? "push_not_set_up" : "push_failed");
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Switch label={t("push_allow")} note={t("push_note")} value={on} disabled={busy || (why !== null && why !== "push_failed" && !on)} onValue={(wanted) => void change(wanted)} testId="push" />
      {why !== null && <p class="why" role="status" data-testid="push-why">{t(why)}</p>}
    </>
  );
}

function Wishes({ turn }: { turn: number }) {
  const { chat, t } = useApp();
  const [wishes, setWishes] = useState<NotificationWishes | null>(null);
  const [said, setSaid] = useState<TextKey | null>(null);
  useEffect(() => {
    chat.notifications().then(setWishes, () => setSaid("save_failed"));
  }, [turn]);
  if (wishes === null) return said === null ? <p class="soft">{t("loading")}</p> : <p class="why">{t(said)}</p>;
  const save = (change: Partial<NotificationWishes>) => {
    const next = { ...wishes, ...change };
    setWishes(next);
    setSaid(null);
    chat.setNotifications(next).then(() => setSaid("saved"), () => {
      setWishes(wishes);
      setSaid("save_failed");
    });
  };
  const quiet = wishes.quiet ?? null;
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <>
      <fieldset class="group">
        <legend>{t("kinds")}</legend>
        {KINDS.map((kind) => <Switch key={kind} label={t(`kind_${kind}`)} value={wishes[kind]} onValue={(value) => save({ [kind]: value })} testId={`kind-${kind}`} />)}
      </fieldset>
      <fieldset class="group">
        <legend>{t("push")}</legend>
        <Switch label={t("private")} note={t("private_note")} value={wishes.private} onValue={(value) => save({ private: value })} testId="private" />
        <Switch label={t("quiet")} note={t("quiet_note")} value={quiet !== null} onValue={(value) => save({ quiet: value ? { ...QUIET, time_zone } : null })} testId="quiet" />
        {quiet !== null && (
          <div class="hours">
            <label>{t("quiet_from")}<input class="ui-input" type="time" value={quiet.from} onChange={(event) => event.currentTarget.value && save({ quiet: { ...quiet, from: event.currentTarget.value, time_zone } })} /></label>
            <label>{t("quiet_to")}<input class="ui-input" type="time" value={quiet.to} onChange={(event) => event.currentTarget.value && save({ quiet: { ...quiet, to: event.currentTarget.value, time_zone } })} /></label>
          </div>
        )}
      </fieldset>
      <p class="soft said" role="status" data-testid="wishes-said">{said && t(said)}</p>
    </>
  );
}

export function Settings() {
  const { app, chat, state, t } = useApp();
  const [turn, setTurn] = useState(0);
  const known = state.log.contact !== null;
  const speak = (locale: "zh-CN" | "en") => {
    localStorage.setItem("yunxi:locale", locale);
    chat.locale = locale;
    app.set({ locale });
    // What is pushed comes in the language with which the device was registered.
    if (chat.registered && app.worker !== null) void chat.enableWebPush(app.worker as never).catch(() => undefined);
  };
  return (
    <main class="page">
      <section class="group" aria-label={t("push")}>
        {known ? <Allow onAllowed={() => setTurn(turn + 1)} /> : <p class="soft">{t("settings_later")}</p>}
      </section>
      {known && <Wishes turn={turn} />}
      <fieldset class="group">
        <legend>{t("language")}</legend>
        {(["zh-CN", "en"] as const).map((each) => (
          <label key={each} class="switch"><b>{t(each === "en" ? "language_en" : "language_zh")}</b><input type="radio" name="locale" checked={state.locale === each} onChange={() => speak(each)} data-testid={`locale-${each}`} /></label>
        ))}
      </fieldset>
      <section class="group" aria-label={t("account")}>
        {state.person && <p>{t("signed_as", { name: state.person.name })}</p>}
        <button type="button" class="wide-button" onClick={() => void app.signOut()} data-testid="sign-out">{t("sign_out")}</button>
      </section>
    </main>
  );
}
