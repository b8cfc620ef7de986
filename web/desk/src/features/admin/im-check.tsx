/** Whether the settings work at the network, point by point and in words; and the address at which it calls us. */
import type { Channel, Schemas } from "@hutong/api-client";
import { Button, Icon } from "@hutong/ui";
import { CircleAlert, CircleCheckBig, CircleHelp, Copy, Download, PlugZap } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { hasText, t } from "../../texts/texts";
import { Alert } from "../sign-in/door";
import { saveAs } from "../conversation/files";
import { Group } from "./fields";
import { connectionOf, works, type Finding, type Passed } from "./im.model";
import { same } from "./model";
import { lineOf } from "./phone.model";
import { copy } from "./secret";
import { settings } from "./settings-store";

const SIGNS = { yes: CircleCheckBig, no: CircleAlert, unknown: CircleHelp } as const;
const LOOKS: Record<Passed, string> = { yes: "admin-step-ok", no: "admin-step-bad", unknown: "admin-step-unknown" };

function pointText({ point, passed }: Finding): string {
  const key = `im.check.${point}.${passed}`;
  return hasText(key) ? t(key) : t("im.check.other", { point });
}

function Row({ finding }: { finding: Finding }) {
  const { point, passed, detail } = finding;
  return (
    <li class={LOOKS[passed]} data-testid="finding" data-point={point} data-passed={passed}>
      <Icon icon={SIGNS[passed]} size={16} label={t(`im.check.${passed}`)} />
      <span>{pointText(finding)}{detail && <small class="admin-im-detail">{detail}</small>}</span>
    </li>
  );
}

function Findings({ findings }: { findings: readonly Finding[] }) {
  const last = findings.length === 0 ? t("im.check.nothing") : works(findings) ? t("im.check.done") : t("im.check.not_done");
  return (
    <ol class="admin-steps" aria-live="polite" data-testid="findings">
      {findings.map((finding) => <Row key={finding.point} finding={finding} />)}
      <li class={works(findings) ? "admin-step-done" : "admin-step-bad"}>{last}</li>
    </ol>
  );
}

export function CallbackUrl({ url }: { url: string }) {
  return (
    <div class="admin-im-callback">
      <p class="ui-field-label" id="im-callback">{t("im.callback")}</p>
      <p class="admin-secret"><code data-testid="callback-url" aria-labelledby="im-callback">{url}</code><Button size="s" icon={Copy} onClick={() => void copy(url)}>{t("admin.copy")}</Button></p>
      <p class="ui-field-hint">{t("im.callback_hint")}</p>
    </div>
  );
}

/** The file that a homeserver wants; the tokens in it are for whoever knows them. */
function Registration({ id }: { id: string }) {
  return (
    <div>
      <Button size="s" icon={Download} onClick={() => void saveAs(`/channels/${encodeURIComponent(id)}/registration`, `hutong-${id}.yaml`)} data-testid="registration">{t("im.registration")}</Button>
      <p class="ui-field-hint">{t("im.registration_hint")}</p>
    </div>
  );
}

interface Checked {
  findings: readonly Finding[];
  callback: string | null;
}

/** Stored settings are tried as they are; secrets of a new channel go along in full. */
async function tryIt(channel: Channel, isNew: boolean): Promise<Checked> {
  const found = await (isNew ? api.post<Schemas["ChannelCheck"]>("/channels/check", channel)
    : api.post<Schemas["ChannelCheck"]>(`/channels/${encodeURIComponent(channel.id)}/check`));
  return { findings: found.findings, callback: found.callback_url ?? null };
}

function hintFor({ id }: Channel, changed: boolean): string {
  return t(id === "" ? "im.check_id_hint" : changed ? "im.check_saved_hint" : "im.check_hint");
}

export function ImCheck({ channel, isNew }: { channel: Channel; isNew: boolean }) {
  const [checked, setChecked] = useState<Checked | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const stored = settings.value?.channels.find((one) => one.id === channel.id)?.value;
  const changed = !isNew && !same(stored, channel);
  // What was found speaks of other settings than those that stand there now.
  useEffect(() => {
    if (isNew) setChecked(null);
  }, [channel.adapter]);
  const run = async () => {
    setBusy(true);
    setProblem("");
    try {
      setChecked(await tryIt(channel, isNew));
    } catch (error) {
      setProblem(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  // The address is known before any check: it is made of the channel's id.
  const connection = connectionOf(channel.adapter) ?? lineOf(channel.adapter);
  const called = connection?.called(channel.settings) ?? false;
  const guess = called && channel.id !== "" ? `${location.origin}/v1/callbacks/${channel.id}${connection?.below ?? ""}` : null;
  const callback = checked?.callback ?? guess;
  return (
    <Group title={t("im.check")} hint={hintFor(channel, changed)}>
      {callback && called && <CallbackUrl url={callback} />}
      {channel.adapter === "matrix" && !isNew && <Registration id={channel.id} />}
      <div class="admin-buttons">
        <Button icon={PlugZap} busy={busy} disabled={channel.id === ""} onClick={() => void run()} data-testid="im-check">{t("im.check_run")}</Button>
      </div>
      {problem && <Alert>{problem}</Alert>}
      {checked && <Findings findings={checked.findings} />}
    </Group>
  );
}
