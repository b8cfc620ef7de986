/** The letter that leaves in a moment, wherever its writer has gone meanwhile. */
import "./letters.css";
import { Button, Icon, say } from "@hutong/ui";
import { SendHorizontal, Undo2 } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { openConversation } from "../../core/actions";
import { desk } from "../../core/store";
import { t } from "../../texts/texts";
import { wantComposer } from "../conversation/focus";
import { held, sendNow, startHolding, undoLetter } from "./holding";
import { shortList } from "./people";
import type { Held } from "./undo.model";

function Bar({ one }: { one: Held }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const undo = () => {
    wantComposer(one.conversation);
    if (!undoLetter(one.client_id)) return;
    say(t("mail.undone"));
    openConversation(one.conversation);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const undoes = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
      const { target } = event;
      const writes = (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement) && target.value !== "";
      // Where something is written, the key takes back what was typed there.
      if (!undoes || writes || event.isComposing) return;
      event.preventDefault();
      undo();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [one.client_id]);
  const who = shortList([...one.mail.to, ...(one.mail.cc ?? [])]);
  return (
    <section class="held" aria-label={t("mail.held", { who })} data-testid="held">
      <Icon icon={SendHorizontal} />
      <span>{t("mail.held", { who })}</span>
      <span class="held-secs" aria-hidden="true">{t("mail.held_secs", { n: Math.max(0, Math.ceil((one.until - now) / 1000)) })}</span>
      <span class="held-ways">
        <Button size="s" look="primary" icon={Undo2} keys="Ctrl Z" onClick={undo} data-testid="undo-send">{t("mail.undo")}</Button>
        <Button size="s" look="quiet" onClick={() => sendNow(one.client_id)} data-testid="send-now">{t("mail.send_now")}</Button>
      </span>
    </section>
  );
}

export function HeldBar() {
  const me = desk.value?.me.id ?? "";
  useEffect(() => (me ? startHolding(me) : undefined), [me]);
  const last = held.value.at(-1);
  return (
    <>
      {last && <Bar key={last.client_id} one={last} />}
      <p class="ui-sr" role="status">{last && t("mail.held", { who: shortList(last.mail.to) })}</p>
    </>
  );
}
