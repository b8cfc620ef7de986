/** The line that a website adds, and a check of what a page needs before it can show the chat. */
import type { Channel } from "@hutong/api-client";
import { Button, Field, Icon } from "@hutong/ui";
import { CircleAlert, CircleCheckBig, Copy, PlugZap, Plus } from "lucide";
import { useState } from "preact/hooks";
import { t } from "../../texts/texts";
import { Group } from "./fields";
import { embedSnippet } from "./model";
import { copy } from "./secret";
import { checkSteps, originOf, readWebChat, writeWebChat, type Step } from "./web-chat.model";

const answers = (path: string) => fetch(path, { cache: "no-store" }).then((answer) => answer.ok, () => false);

function Check({ channel, onValue }: { channel: Channel; onValue: (channel: Channel) => void }) {
  const [address, setAddress] = useState("");
  const [steps, setSteps] = useState<readonly Step[] | null>(null);
  const [busy, setBusy] = useState(false);
  const origin = originOf(address);
  const { allowed_origins: origins } = readWebChat(channel.settings);
  const run = async (listed: readonly string[]) => {
    setBusy(true);
    const [channelAnswers, loads] = await Promise.all([answers(`/v1/chat/${encodeURIComponent(channel.id)}`), answers("/widget/loader.js")]);
    setBusy(false);
    setSteps(checkSteps({ enabled: channel.enabled !== false, answers: channelAnswers, loads, origin, own: location.origin, origins: listed }));
  };
  const add = () => {
    if (origin === null) return;
    const listed = [...origins, origin];
    onValue({ ...channel, settings: writeWebChat(channel.settings, { allowed_origins: listed }) });
    void run(listed);
  };
  const missing = steps?.find((step) => !step.ok);
  return (
    <Group title={t("web.check")} hint={t("web.check_hint")}>
      <div class="admin-check">
        <Field label={t("web.check_address")} placeholder={t("web.check_example")} value={address} onValue={(typed) => { setAddress(typed); setSteps(null); }}
          onKeyDown={(event) => { if (event.key === "Enter") { event.preventDefault(); void run(origins); } }} spellcheck={false} data-testid="check-address" />
        <Button icon={PlugZap} busy={busy} onClick={() => void run(origins)} data-testid="check">{t("web.check_run")}</Button>
      </div>
      {steps && (
        <ol class="admin-steps" aria-live="polite">
          {steps.map((step) => (
            <li key={step.name} class={step.ok ? "admin-step-ok" : "admin-step-bad"} data-step={step.name} data-ok={step.ok}>
              <Icon icon={step.ok ? CircleCheckBig : CircleAlert} size={16} label={t(step.ok ? "web.ok" : "web.missing")} />
              <span>{t(step.ok ? `web.step.${step.name}` : `web.step.${step.name}_bad`, { origin: origin ?? "", own: location.origin })}</span>
              {!step.ok && step.name === "listed" && <Button size="s" icon={Plus} onClick={add} data-testid="add-origin">{t("web.add_origin")}</Button>}
            </li>
          ))}
          {!missing && <li class="admin-step-done">{t("web.check_done")}</li>}
        </ol>
      )}
    </Group>
  );
}

export function ChannelTools({ channel, onValue }: { channel: Channel; onValue: (channel: Channel) => void }) {
  if (channel.kind !== "web_chat") return null;
  const snippet = embedSnippet(location.origin, channel.id);
  return (
    <>
      <Group title={t("admin.embed")} hint={t("admin.embed_hint")}>
        <pre class="admin-snippet" data-testid="snippet" tabIndex={0}>{snippet}</pre>
        <div class="admin-buttons"><Button icon={Copy} onClick={() => void copy(snippet)}>{t("admin.copy")}</Button></div>
      </Group>
      <Check channel={channel} onValue={onValue} />
    </>
  );
}
