/** A supervisor gives a conversation to an agent by hand. */
import type { ConversationSummary } from "@hutong/api-client";
import { Button, Dialog, say } from "@hutong/ui";
import { useState } from "preact/hooks";
import { assign } from "../../core/actions";
import { agentName, contactName } from "../../core/names";
import { t } from "../../texts/texts";
import { live, useLive } from "../live/live-store";
import { byPresence } from "../live/model";
import { closeDialog } from "./dialogs";
import { Picker, type Pick } from "./picker";

/** Only those who are signed in can be given something. */
function picksFor(one: ConversationSummary): Pick[] {
  return byPresence(live.value?.agents ?? []).filter((agent) => agent.agent !== one.agent && agent.presence !== "offline").map((agent) => ({
    id: agent.agent,
    name: agent.name,
    group: t(agent.presence === "ready" ? "assign.ready" : "assign.others"),
    hint: `${t(`presence.${agent.presence}`)} · ${agent.used}/${agent.units}`,
    face: "person" as const,
  }));
}

export function AssignDialog({ one }: { one: ConversationSummary }) {
  useLive();
  const [to, setTo] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (!to) return;
    setBusy(true);
    const done = await assign(one.id, to);
    setBusy(false);
    if (!done) return;
    say(t("assign.done", { agent: agentName(to) }));
    closeDialog();
  };
  return (
    <Dialog
      title={t("assign.title", { name: contactName(one) })}
      closeLabel={t("close")}
      onClose={closeDialog}
      onSubmit={() => void submit()}
      testId="assign-dialog"
      footer={
        <>
          <Button onClick={closeDialog}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy} disabled={!to} data-testid="assign-submit">{t("action.assign")}</Button>
        </>
      }
    >
      <p>{t("assign.text")}</p>
      <Picker label={t("assign.search")} picks={picksFor(one)} chosen={to} onChoose={setTo} />
    </Dialog>
  );
}
