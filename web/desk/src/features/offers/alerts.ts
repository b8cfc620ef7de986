/** What calls an agent to the desk: a tone, a browser notification, the count in the title. */
import type { ConversationSummary } from "@hutong/api-client";
import { effect } from "@preact/signals";
import { say } from "@hutong/ui";
import { useEffect } from "preact/hooks";
import { openConversation } from "../../core/actions";
import { contactName, queueName } from "../../core/names";
import { route } from "../../core/navigation";
import { prefer, preferences } from "../../core/preferences";
import { desk, mine } from "../../core/store";
import { present } from "../../core/clock";
import { unread } from "../../core/desk.model";
import type { Undelivered } from "../../core/undelivered.model";
import { t } from "../../texts/texts";
import { undeliveredText } from "../conversation/notices";
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

/** A letter came back: said once for each report, unless it is before the agent's eyes. */
function tellUndelivered(one: ConversationSummary, undelivered: Undelivered, told: Map<string, number>) {
  if ((told.get(one.id) ?? 0) >= undelivered.seq) return;
  told.set(one.id, undelivered.seq);
  const here = route.peek();
  const inSight = !document.hidden && here.page === "work" && here.conversation === one.id;
  if (inSight || undelivered.seq <= one.read_by_agent) return;
  say(t("mail.undelivered_toast", { name: contactName(one), what: undeliveredText(undelivered) }), "danger", {
    label: t("mail.undelivered_open"), onSelect: () => openConversation(one.id) });
}

/** Follows the desk for as long as it is shown. */
export function useAlerts() {
  useEffect(() => {
    const rung = new Set<string>();
    const told = new Map<string, number>();
    const back = new Map<string, number>();
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
        const undelivered = desk.value?.undelivered.get(one.id);
        const fresh = one.state === "active" ? unread(one, undelivered) : 0;
        if (undelivered) tellUndelivered(one, undelivered, back);
        count += fresh > 0 ? 1 : 0;
        if (fresh > 0 && (told.get(one.id) ?? 0) < one.last_seq) {
          told.set(one.id, one.last_seq);
          notify(contactName(one), undelivered?.seq === one.last_seq ? undeliveredText(undelivered) : one.last_message?.text ?? t("message.file"), one.id);
        }
      }
      document.title = `${count > 0 ? `(${count}) ` : ""}${desk.value ? desk.value.me.name : ""} · ${t("product")}`;
    });
  }, []);
}
