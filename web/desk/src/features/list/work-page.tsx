/** The three panes: the work, the conversation, the person. */
import "./work.css";
import { EmptyState } from "@hutong/ui";
import { MessagesSquare } from "lucide";
import { hasKeys } from "../../core/keyboard";
import { route } from "../../core/navigation";
import { preferences } from "../../core/preferences";
import { desk, mine } from "../../core/store";
import { t } from "../../texts/texts";
import { ContactPanel } from "../contact/panel";
import { ConversationPane } from "../conversation/pane";
import { ListPane } from "./list-pane";

function NothingOpen() {
  const ready = desk.value?.presence === "ready";
  const held = mine.value.length > 0;
  return (
    <>
      <h1 class="ui-sr">{t("rail.work")}</h1>
      <EmptyState icon={MessagesSquare} title={held ? t("work.choose") : ready ? t("work.ready_title") : t("work.away_title")}>
        {held ? hasKeys.value && t("work.choose_text") : ready ? t("work.ready_text") : t("work.away_text")}
      </EmptyState>
    </>
  );
}

export function WorkPage() {
  const here = route.value;
  if (here.page !== "work") return null;
  const { conversation } = here;
  const panel = conversation !== null && preferences.value.panel;
  return (
    <div class={`work${panel ? " work-panel" : ""}${conversation === null ? "" : " work-open"}`}>
      <ListPane tab={here.tab} selected={conversation} q={here.q} />
      <main class="work-middle">
        {conversation === null ? <NothingOpen /> : <ConversationPane key={conversation} id={conversation} />}
      </main>
      {panel && <ContactPanel key={conversation} id={conversation} />}
    </div>
  );
}
