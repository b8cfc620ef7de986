/** The middle pane: one conversation. */
import "./conversation.css";
import { Button, EmptyState, Spinner } from "@hutong/ui";
import { RefreshCw, TriangleAlert } from "lucide";
import { useEffect } from "preact/hooks";
import { isHeld } from "../../core/desk.model";
import { mayAs } from "../../core/names";
import { changeLog, desk, logs, openLog } from "../../core/store";
import { newLog } from "../../core/log.model";
import { t } from "../../texts/texts";
import { CallBar } from "../call/call-bar";
import { WrapUpBar } from "../endings/wrap-up-bar";
import { Composer } from "./composer";
import { cameBack } from "./drafts";
import { Head } from "./head";
import { StandBar } from "./stand-bar";
import { Timeline } from "./timeline";

function Failed({ id }: { id: string }) {
  const again = () => {
    changeLog(id, () => newLog);
    void openLog(id);
  };
  return (
    <EmptyState icon={TriangleAlert} tone="danger" title={t("conversation.failed")} action={<Button icon={RefreshCw} onClick={again}>{t("retry")}</Button>}>
      {t("conversation.failed_text")}
    </EmptyState>
  );
}

export function ConversationPane({ id }: { id: string }) {
  useEffect(() => void openLog(id), [id]);
  const state = desk.value;
  const one = state?.known.get(id);
  const log = logs.value.get(id);
  if (!state || log?.status === "failed") return <Failed id={id} />;
  if (!one || !log) return <div class="desk-waiting"><Spinner label={t("loading")} /></div>;
  const held = isHeld(state, one);
  const mayReply = held && one.state === "active";
  // A supervisor may whisper: a note reaches the agent and never the contact.
  const mayNote = held || (mayAs("supervisor") && one.state === "active");
  const turn = cameBack.value.conversation === id ? cameBack.value.turn : 0;
  return (
    <>
      <Head one={one} />
      {one.state === "wrap_up" && held && <WrapUpBar one={one} />}
      <CallBar key={id} one={one} held={held} />
      <Timeline one={one} log={log} />
      {!held && <StandBar one={one} />}
      {mayNote && <Composer key={`${id}-${mayReply}-${turn}`} one={one} mayReply={mayReply} />}
    </>
  );
}
