/** Try it: what would happen to a request just now. */
import { Button, exactText, Select } from "@hutong/ui";
import { PlugZap } from "lucide";
import { useState } from "preact/hooks";
import { attempt } from "../../core/actions";
import { agentName, queueName, skillsText } from "../../core/names";
import { locale } from "../../core/preferences";
import { api } from "../../core/session";
import { inWords, t } from "../../texts/texts";
import { forWhom, Group, Pair } from "./fields";
import { readTrial, type Trial } from "./trial.model";
import { choicesOf, settings } from "./settings-store";


function Outcome({ trial }: { trial: Trial }) {
  return (
    <dl class="admin-trial" data-testid="trial">
      {trial.queue && <dt>{t("admin.queue")}</dt>}
      {trial.queue && <dd>{queueName(trial.queue)}</dd>}
      {trial.dueAt !== null && <dt>{t("try.due")}</dt>}
      {trial.dueAt !== null && <dd>{exactText(trial.dueAt, locale())}</dd>}
      {trial.opensAt !== null && <dt>{t("try.opens")}</dt>}
      {trial.opensAt !== null && <dd>{exactText(trial.opensAt, locale())}</dd>}
      <dt>{t("try.ladder")}</dt>
      <dd>
        <ol>
          {trial.steps.map((step) => (
            <li key={step.afterSecs}>
              {step.afterSecs === 0 ? skillsText(step.skills) : t("try.step", { secs: step.afterSecs, skills: skillsText(step.skills) })}
              <small>{step.eligible.length > 0 ? t("try.eligible", { agents: step.eligible.map(agentName).join(t("list.comma")) }) : t("try.nobody")}</small>
            </li>
          ))}
        </ol>
      </dd>
    </dl>
  );
}

export function TryIt() {
  const channels = settings.value?.channels ?? [];
  const [channel, setChannel] = useState(channels[0]?.id ?? "");
  const [topic, setTopic] = useState("");
  const [type, setType] = useState("");
  const [audience, setAudience] = useState("");
  const [trial, setTrial] = useState<Trial | null>(null);
  const topics = channels.find((one) => one.id === channel)?.value.topics ?? [];
  const any = { value: "", label: t("try.default") };
  const run = () => attempt(async () => setTrial(readTrial(await api.post<unknown>("/settings/try", {
    channel, ...(topic ? { topic } : {}), ...(type ? { request_type: type } : {}), ...(audience ? { audience } : {}) }))));
  if (channels.length === 0) return null;
  return (
    <form class="admin-editor" onSubmit={(event) => { event.preventDefault(); void run(); }}>
      <Group title={t("try.title")} hint={t("try.hint")}>
        <Pair>
          <Select label={t("try.channel")} value={channel} onValue={setChannel} choices={choicesOf("channels")} />
          <Select label={t("admin.topic")} value={topic} onValue={setTopic} choices={[any, ...topics.map((each) => ({ value: each.id, label: inWords(each.name, each.id) }))]} />
        </Pair>
        <Pair>
          <Select label={t("panel.request_type")} value={type} onValue={setType} choices={[any, ...choicesOf("request_types")]} />
          <Select label={t("admin.audience")} value={audience} onValue={setAudience} choices={[any, ...forWhom()]} />
        </Pair>
        <div class="admin-buttons"><Button type="submit" icon={PlugZap} data-testid="try">{t("try.run")}</Button></div>
        {trial && <Outcome trial={trial} />}
      </Group>
    </form>
  );
}
