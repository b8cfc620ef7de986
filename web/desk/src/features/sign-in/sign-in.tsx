/** Signing in. */
import { ApiProblem } from "@hutong/api-client";
import { Button, Field } from "@hutong/ui";
import { useState } from "preact/hooks";
import { Link } from "../../core/link";
import { problemText } from "../../core/problems";
import { signIn } from "../../core/session";
import { t } from "../../texts/texts";
import { Alert, Door } from "./door";
import { agentId } from "./model";

function refusalText(error: unknown): string {
  const wrong = error instanceof ApiProblem && error.status === 401;
  return wrong ? t("sign_in.wrong") : problemText(error);
}

export function SignInPage({ why }: { why: "never" | "ended" | "left" }) {
  const [agent, setAgent] = useState("");
  const [password, setPassword] = useState("");
  const [tenant, setTenant] = useState("");
  const [asksTenant, askTenant] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await signIn(tenant.trim(), agentId(agent), password);
    } catch (error) {
      setProblem(refusalText(error));
      setBusy(false);
    }
  };
  return (
    <Door title={t("sign_in.title")} text={t("sign_in.text")}>
      <form onSubmit={(event) => void submit(event)} data-testid="sign-in">
        {problem ? <Alert>{problem}</Alert> : why === "ended" && <Alert quiet>{t("sign_in.ended")}</Alert>}
        <Field label={t("sign_in.agent")} value={agent} onValue={setAgent} autoComplete="username" autoFocus required spellcheck={false} />
        <Field label={t("sign_in.password")} type="password" value={password} onValue={setPassword} autoComplete="current-password" required />
        {asksTenant && <Field label={t("sign_in.tenant")} hint={t("sign_in.tenant_hint")} value={tenant} onValue={setTenant} spellcheck={false} />}
        <Button type="submit" look="primary" size="l" busy={busy} data-testid="sign-in-submit">{t("sign_in.submit")}</Button>
        <div class="desk-door-foot">
          {!asksTenant && <button type="button" class="desk-link-button" onClick={() => askTenant(true)}>{t("sign_in.other_tenant")}</button>}
          <Link to={{ page: "start" }}>{t("sign_in.first_start")}</Link>
        </div>
      </form>
    </Door>
  );
}
