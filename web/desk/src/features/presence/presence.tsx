/** Taking work or not, and why none comes. */
import { Button, Menu } from "@hutong/ui";
import { ChevronDown, CirclePlay, Coffee } from "lucide";
import { setPresence } from "../../core/actions";
import { desk } from "../../core/store";
import { Icon } from "@hutong/ui";
import { t, tOr } from "../../texts/texts";
import "./presence.css";

export function Presence() {
  const state = desk.value;
  if (!state) return null;
  const { presence, presenceReason } = state;
  const away = presence === "away" && presenceReason === "supervisor";
  return (
    <div class="presence" data-testid="presence" data-presence={presence}>
      <Menu
        label={t("presence.choose", { now: t(`presence.${presence}`) })}
        class="presence-button"
        testId="presence-button"
        items={[
          { id: "ready", icon: CirclePlay, label: t("presence.ready"), hint: t("presence.ready_hint"), checked: presence === "ready", onSelect: () => setPresence("ready") },
          { id: "away", icon: Coffee, label: t("presence.away"), hint: t("presence.away_hint"), checked: presence === "away", onSelect: () => setPresence("away") },
        ]}
        button={
          <>
            <span class={`desk-dot desk-dot-${presence}`} />
            <span class="presence-word">{t(`presence.${presence}`)}</span>
            <Icon icon={ChevronDown} size={14} />
          </>
        }
      />
      {presence !== "ready" && (
        <Button size="s" look="primary" onClick={() => setPresence("ready")} data-testid="go-ready">
          {t("presence.go_ready")}
        </Button>
      )}
      {(presence === "not_answering" || away) && (
        <p class="presence-why" role="status">
          {tOr(`presence.why.${presenceReason || presence}`, t("presence.why.not_answering"))}
        </p>
      )}
    </div>
  );
}
