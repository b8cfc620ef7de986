/** Passes a conversation on, to a colleague or a queue, with a note. */
import type { ConversationSummary } from "@hutong/api-client";
import { Button, Dialog, say, TextArea } from "@hutong/ui";
import { useState } from "preact/hooks";
import { transfer } from "../../core/actions";
import { agentName, contactName, queueName } from "../../core/names";
import { desk } from "../../core/store";
import { inWords, t } from "../../texts/texts";
import { closeDialog } from "./dialogs";
import { Picker, type Pick } from "./picker";

function picksFor(one: ConversationSummary): Pick[] {
  const state = desk.value;
  if (!state) return [];
  const queues = [...state.queues].filter(([id]) => id !== one.queue).map(([id, name]): Pick => (
    { id: `queue:${id}`, name: inWords(name, id), group: t("transfer.queues"), face: "queue" }));
  const agents = [...state.agents].filter(([id]) => id !== one.agent).map(([id, name]): Pick => (
    { id: `agent:${id}`, name, group: t("transfer.agents"), face: "person" }));
  return [...queues, ...agents];
}

export function TransferDialog({ one }: { one: ConversationSummary }) {
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    const [kind, ...rest] = to.split(":");
    const id = rest.join(":");
    if (!id) return;
    setBusy(true);
    const done = await transfer(one.id, kind === "queue" ? { queue: id } : { agent: id }, note.trim());
    setBusy(false);
    if (!done) return;
    say(t("transfer.done", { to: kind === "queue" ? queueName(id) : agentName(id) }));
    closeDialog();
  };
  return (
    <Dialog
      title={t("transfer.title", { name: contactName(one) })}
      closeLabel={t("close")}
      onClose={closeDialog}
      onSubmit={() => void submit()}
      testId="transfer-dialog"
      footer={
        <>
          <Button onClick={closeDialog}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy} disabled={!to} data-testid="transfer-submit">{t("action.transfer")}</Button>
        </>
      }
    >
      <Picker label={t("transfer.search")} picks={picksFor(one)} chosen={to} onChoose={setTo} />
      <TextArea label={t("transfer.note")} hint={t("transfer.note_hint")} value={note} onValue={setNote} rows={3} />
    </Dialog>
  );
}
