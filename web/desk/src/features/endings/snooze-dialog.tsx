/** Lets a conversation rest until a time, or until the contact's next word. */
import type { ConversationSummary } from "@hutong/api-client";
import { Button, Dialog, exactText, Field, say } from "@hutong/ui";
import { useState } from "preact/hooks";
import { snooze } from "../../core/actions";
import { present } from "../../core/clock";
import { contactName } from "../../core/names";
import { locale } from "../../core/preferences";
import { t } from "../../texts/texts";
import { closeDialog } from "./dialogs";
import { chosenTime, snoozeTimes } from "./model";

export function SnoozeDialog({ one }: { one: ConversationSummary }) {
  const [own, setOwn] = useState("");
  const [busy, setBusy] = useState(false);
  const rest = async (until: number) => {
    setBusy(true);
    const done = await snooze(one.id, until);
    setBusy(false);
    if (!done) return;
    say(t("snooze.done", { time: exactText(until, locale()) }));
    closeDialog();
  };
  const ownTime = chosenTime(own, present());
  return (
    <Dialog title={t("snooze.title", { name: contactName(one) })} closeLabel={t("close")} onClose={closeDialog} testId="snooze-dialog"
      onSubmit={() => { if (ownTime !== null) void rest(ownTime); }}>
      <p class="quiet">{t("snooze.text")}</p>
      <ul class="snooze-times">
        {snoozeTimes(present()).map((time, n) => (
          <li key={time.choice}>
            <Button disabled={busy} autoFocus={n === 0} onClick={() => void rest(time.at)}>
              {t(`snooze.${time.choice}`)}
              <small>{exactText(time.at, locale())}</small>
            </Button>
          </li>
        ))}
      </ul>
      <div class="snooze-own">
        <Field label={t("snooze.own")} type="datetime-local" value={own} onValue={setOwn} />
        <Button type="submit" look="primary" disabled={ownTime === null} busy={busy}>{t("action.snooze")}</Button>
      </div>
    </Dialog>
  );
}
