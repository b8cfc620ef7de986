/** The first start: the one-time code makes the first admin. */
import { ApiProblem } from "@hutong/api-client";
import { Button, Field } from "@hutong/ui";
import { useState } from "preact/hooks";
import { Link } from "../../core/link";
import { goTo } from "../../core/navigation";
import { problemText } from "../../core/problems";
import { bootstrap } from "../../core/session";
import { t } from "../../texts/texts";
import { Alert, Door } from "./door";
import { agentId, passwordProblem, startCode } from "./model";

export function StartPage() {
  const [code, setCode] = useState("");
  const [agent, setAgent] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const weak = passwordProblem("", password, again);
    if (weak) {
      setProblem(t(`password.${weak}`));
      return;
    }
    setBusy(true);
    setProblem("");
    try {
      await bootstrap({ code: startCode(code), agent: agentId(agent), name: name.trim(), password });
      goTo({ page: "admin", kind: "queues", id: null }, "replace");
    } catch (error) {
      setProblem(error instanceof ApiProblem && error.status === 401 ? t("start.wrong") : problemText(error));
      setBusy(false);
    }
  };
  return (
    <Door title={t("start.title")} text={t("start.text")}>
      <form onSubmit={(event) => void submit(event)} data-testid="start">
        {problem && <Alert>{problem}</Alert>}
        <Field label={t("start.code")} hint={t("start.code_hint")} value={code} onValue={setCode} autoComplete="one-time-code" autoFocus required spellcheck={false} />
        <Field label={t("sign_in.agent")} hint={t("start.agent_hint")} value={agent} onValue={setAgent} autoComplete="username" required spellcheck={false} />
        <Field label={t("start.name")} value={name} onValue={setName} autoComplete="name" required />
        <Field label={t("sign_in.password")} hint={t("password.hint")} type="password" value={password} onValue={setPassword} autoComplete="new-password" required />
        <Field label={t("password.again")} type="password" value={again} onValue={setAgain} autoComplete="new-password" required />
        <Button type="submit" look="primary" size="l" busy={busy}>{t("start.submit")}</Button>
        <div class="desk-door-foot">
          <Link to={{ page: "work", tab: "mine", conversation: null, q: "" }}>{t("start.have_account")}</Link>
        </div>
      </form>
    </Door>
  );
}
