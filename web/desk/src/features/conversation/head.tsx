/** The head of a conversation: whom it is with, and what can be done with it. */
import type { ConversationSummary } from "@hutong/api-client";
import { Avatar, Button, Icon, IconButton } from "@hutong/ui";
import { AlarmClock, ArrowLeft, ArrowRightLeft, CircleCheckBig, Hand, PanelRight, UserRoundPlus } from "lucide";
import { assign } from "../../core/actions";
import { isHeld, isResting } from "../../core/desk.model";
import { channelName, contactName, kindIcons, mayAs, queueName } from "../../core/names";
import { goTo, route } from "../../core/navigation";
import { prefer, preferences } from "../../core/preferences";
import { desk, logs } from "../../core/store";
import { t } from "../../texts/texts";
import { openDialog } from "../endings/dialogs";
import { subjectIn } from "../letters/model";
import { Due } from "../list/due";

function Actions({ one }: { one: ConversationSummary }) {
  const state = desk.value;
  if (!state) return null;
  const held = isHeld(state, one);
  const supervises = mayAs("supervisor");
  const assignable = ["queued", "offered", "active", "snoozed", "scheduled"].includes(one.state);
  return (
    <div class="head-actions">
      {one.state === "active" && (held || supervises) && (
        <Button size="s" icon={ArrowRightLeft} keys={held ? "T" : undefined} onClick={() => openDialog("transfer", one.id)} data-testid="transfer">{t("action.transfer")}</Button>
      )}
      {one.state === "active" && held && (
        <Button size="s" icon={AlarmClock} keys="S" onClick={() => openDialog("snooze", one.id)} data-testid="snooze">{t("action.snooze")}</Button>
      )}
      {((one.state === "active" && held) || isResting(state, one)) && (
        <Button size="s" look="primary" icon={CircleCheckBig} keys="E" onClick={() => openDialog("close", one.id)} data-testid="close">{t("action.close")}</Button>
      )}
      {supervises && !held && assignable && (
        <>
          <Button size="s" icon={Hand} onClick={() => void assign(one.id, state.me.id)} data-testid="take">{t("action.take")}</Button>
          <Button size="s" icon={UserRoundPlus} onClick={() => openDialog("assign", one.id)} data-testid="assign">{t("action.assign")}</Button>
        </>
      )}
    </div>
  );
}

const backTab = () => (route.value.page === "work" ? route.value.tab : "mine");

/** The subject of the last letter, as far as the log was read. */
function Subject({ one }: { one: ConversationSummary }) {
  const subject = one.last_message?.mail?.subject || subjectIn(logs.value.get(one.id)?.messages ?? []);
  return subject ? <span class="head-subject" title={subject} data-testid="head-subject">{subject}</span> : null;
}

export function Head({ one }: { one: ConversationSummary }) {
  return (
    <header class="head">
      <IconButton class="head-back" icon={ArrowLeft} label={t("head.back")} onClick={() => goTo({ page: "work", tab: backTab(), conversation: null, q: "" })} />
      <Avatar name={contactName(one)} seed={one.contact} size={36} />
      <div class="head-who">
        <div class="head-name">
          <h1>{contactName(one)}</h1>
          {one.kind === "email" && <Subject one={one} />}
        </div>
        <p>
          <Icon icon={kindIcons[one.kind]} size={12} />
          <span class="head-channel">{channelName(one.channel)} · {queueName(one.queue)}</span>
          <Due one={one} />
        </p>
      </div>
      <Actions one={one} />
      <IconButton icon={PanelRight} label={t("panel.toggle")} on={preferences.value.panel} onClick={() => prefer({ panel: !preferences.value.panel })} />
    </header>
  );
}
