/** Which page is shown, by the session and by the address. */
import { EmptyState, Button, Spinner, Toasts } from "@hutong/ui";
import { RefreshCw, ServerCrash } from "lucide";
import { useEffect } from "preact/hooks";
import { later } from "./core/later";
import { line, startLine, stopLine } from "./core/connection";
import { mayAs, maySee } from "./core/names";
import { route } from "./core/navigation";
import { problemText } from "./core/problems";
import { session } from "./core/session";
import { desk, deskProblem } from "./core/store";
import { LivePage } from "./features/live/page";
import { useAlerts } from "./features/offers/alerts";
import { Offers } from "./features/offers/offers";
import { HeldBar } from "./features/letters/held-bar";
import { Endings } from "./features/endings/endings";
import { Palette } from "./features/palette/palette";
import { useShortcuts } from "./features/palette/shortcuts";
import { LineBanner } from "./features/presence/line-banner";
import { Rail } from "./features/presence/rail";
import { PasswordPage } from "./features/sign-in/password";
import { SignInPage } from "./features/sign-in/sign-in";
import { StartPage } from "./features/sign-in/start";
import { WorkPage } from "./features/list/work-page";
import { t } from "./texts/texts";

const AdminPage = later(() => import("./features/admin/page").then((module) => module.AdminPage));
const LettersPage = later(() => import("./features/letters/page").then((module) => module.LettersPage));

export function App() {
  return (
    <>
      <Page />
      <Toasts closeLabel={t("close")} />
    </>
  );
}

function Page() {
  const who = session.value;
  const agent = who.phase === "signed_in" ? who.agent : null;
  useEffect(() => {
    if (agent === null) return;
    startLine(agent);
    return stopLine;
  }, [agent]);
  if (who.phase === "checking") return <Waiting />;
  if (who.phase === "must_change") return <PasswordPage must />;
  if (who.phase === "signed_out") return route.value.page === "start" ? <StartPage /> : <SignInPage why={who.why} />;
  if (line.value === "unauthenticated") return <SignInPage why="ended" />;
  if (desk.value === null) return deskProblem.value ? <NoDesk /> : <Waiting />;
  return <Desk />;
}

function Waiting() {
  return (
    <main class="desk-waiting">
      <Spinner size={20} label={t("loading")} />
    </main>
  );
}

function NoDesk() {
  return (
    <main class="desk-waiting">
      <EmptyState
        icon={ServerCrash}
        tone="danger"
        title={t("desk.failed")}
        action={<Button icon={RefreshCw} onClick={() => location.reload()}>{t("retry")}</Button>}
      >
        {problemText(deskProblem.value)} {t("desk.retrying")}
      </EmptyState>
    </main>
  );
}

function Desk() {
  useShortcuts();
  useAlerts();
  const here = route.value;
  const { page } = here;
  const wall = route.value.page === "live" && route.value.wall;
  return (
    <div class={wall ? "desk-shell desk-wall" : "desk-shell"}>
      {!wall && <Rail />}
      <div class="desk-main">
        <LineBanner />
        {page === "password" ? <PasswordPage />
          : page === "live" && mayAs("supervisor") ? <LivePage />
          : here.page === "admin" && maySee(here.kind) ? <AdminPage />
          : page === "letters" && mayAs("supervisor") ? <LettersPage />
          : <WorkPage />}
      </div>
      <Offers />
      <HeldBar />
      <Endings />
      <Palette />
    </div>
  );
}
