/** Ends a conversation: what it was, and what came of it. */
import type { ConversationSummary } from "@hutong/api-client";
import { Button, Dialog, Select } from "@hutong/ui";
import { useState } from "preact/hooks";
import { close } from "../../core/actions";
import { contactName, resolutionName } from "../../core/names";
import { desk } from "../../core/store";
import { inWords, t } from "../../texts/texts";
import { closeDialog } from "./dialogs";
import { RESOLUTIONS } from "./model";

export function CloseDialog({ one }: { one: ConversationSummary }) {
  const [type, setType] = useState(one.info.request_type ?? "");
  const [resolution, setResolution] = useState<string>("solved");
  const [busy, setBusy] = useState(false);
  const types = (desk.value?.requestTypes ?? []).map((each) => ({ value: each.id, label: inWords(each.name, each.id) }));
  const submit = async () => {
    setBusy(true);
    const done = await close(one.id, type, resolution);
    setBusy(false);
    if (done) closeDialog();
  };
  return (
    <Dialog
      title={t("close.title", { name: contactName(one) })}
      closeLabel={t("close")}
      onClose={closeDialog}
      onSubmit={() => void submit()}
      testId="close-dialog"
      footer={
        <>
          <Button onClick={closeDialog}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy} data-testid="close-submit">{t("action.close")}</Button>
        </>
      }
    >
      <Select label={t("panel.request_type")} value={type} onValue={setType} choices={[{ value: "", label: t("panel.no_request_type") }, ...types]} />
      <fieldset class="choices">
        <legend>{t("close.resolution")}</legend>
        {RESOLUTIONS.map((each) => (
          <label key={each}>
            <input type="radio" name="resolution" value={each} checked={resolution === each} onChange={() => setResolution(each)} autoFocus={resolution === each} />
            {resolutionName(each)}
          </label>
        ))}
      </fieldset>
      <p class="quiet">{t("close.text")}</p>
    </Dialog>
  );
}
