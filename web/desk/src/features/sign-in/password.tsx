/** Changing the password: by choice, or because a one-time password was used. */
import { Button, Field, say } from "@hutong/ui";
import { useState } from "preact/hooks";
import { goTo } from "../../core/navigation";
import { problemText } from "../../core/problems";
import { changePassword, signOut } from "../../core/session";
import { t } from "../../texts/texts";
import { Alert, Door } from "./door";
import { passwordProblem } from "./model";

export function PasswordPage({ must }: { must?: boolean }) {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const weak = passwordProblem(old, fresh, again);
    if (weak) {
      setProblem(t(`password.${weak}`));
      return;
    }
    setBusy(true);
    try {
      await changePassword(old, fresh);
      say(t("password.done"));
      goTo({ page: "work", tab: "mine", conversation: null, q: "" }, "replace");
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  const leave = () => (must ? void signOut() : goTo({ page: "work", tab: "mine", conversation: null, q: "" }));
  return (
    <Door title={t("password.title")} text={must ? t("password.must") : t("password.text")}>
      <form onSubmit={(event) => void submit(event)} data-testid="password">
        {problem && <Alert>{problem}</Alert>}
        <Field label={must ? t("password.one_time") : t("password.old")} type="password" value={old} onValue={setOld} autoComplete="current-password" autoFocus required />
        <Field label={t("password.new")} hint={t("password.hint")} type="password" value={fresh} onValue={setFresh} autoComplete="new-password" required />
        <Field label={t("password.again")} type="password" value={again} onValue={setAgain} autoComplete="new-password" required />
        <Button type="submit" look="primary" size="l" busy={busy}>{t("password.submit")}</Button>
        <div class="desk-door-foot">
          <button type="button" class="desk-link-button" onClick={leave}>{must ? t("sign_out") : t("cancel")}</button>
        </div>
      </form>
    </Door>
  );
}
