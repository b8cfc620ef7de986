/** What calls an agent to the desk: a tone, a browser notification, the count in the title. */
import { effect } from "@preact/signals";
import { say } from "@hutong/ui";
import { useEffect } from "preact/hooks";
import { contactName, queueName } from "../../core/names";
import { prefer, preferences } from "../../core/preferences";
import { desk, mine } from "../../core/store";
import { present } from "../../core/clock";
import { unread } from "../../core/desk.model";
import { t } from "../../texts/texts";
import { openOffers } from "./model";

let audio: AudioContext | null = null;

/** Two soft notes; nothing to download. Browsers stay silent until the page was touched once. */
function chime() {
  if (!navigator.userActivation.hasBeenActive) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") void audio.resume().catch(() => undefined);
  const start = audio.currentTime;
  for (const [n, hertz] of [659.25, 880].entries()) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    const at = start + n * 0.16;
    tone.type = "sine";
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.18, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.45);
    tone.connect(gain).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.5);
  }
}

function notify(title: string, body: string, tag: string) {
  if (!preferences.value.notify || !document.hidden || !("Notification" in window)) return;
  if (Notification.permission !== "granted") return;
  const shown = new Notification(title, { body, tag, icon: "/desk/mark.svg" });
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
}

export async function askForNotifications() {
  if (!("Notification" in window) || (await Notification.requestPermission()) !== "granted") {
    say(t("notify.refused"), "danger");
    return;
  }
  prefer({ notify: true });
  say(t("notify.granted"));
}

/** Follows the desk for as long as it is shown. */
export function useAlerts() {
  useEffect(() => {
    const rung = new Set<string>();
    const told = new Map<string, number>();
    return effect(() => {
      const offers = openOffers(mine.value, present());
      for (const one of offers) {
        if (!one.offer_token || rung.has(one.offer_token)) continue;
        rung.add(one.offer_token);
        if (preferences.peek().sound) chime();
        notify(t("offer.title"), `${contactName(one)} · ${queueName(one.queue)}`, one.id);
      }
      let count = offers.length;
      for (const one of mine.value) {
        const fresh = one.state === "active" ? unread(one) : 0;
        count += fresh > 0 ? 1 : 0;
        if (fresh > 0 && (told.get(one.id) ?? 0) < one.last_seq) {
          told.set(one.id, one.last_seq);
          notify(contactName(one), one.last_message?.text ?? t("message.file"), one.id);
        }
      }
      document.title = `${count > 0 ? `(${count}) ` : ""}${desk.value ? desk.value.me.name : ""} · ${t("product")}`;
    });
  }, []);
}
