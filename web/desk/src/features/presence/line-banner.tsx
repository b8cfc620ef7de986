/** How the line is: a quiet word, and nothing that stops the work. */
import { Button, Icon } from "@hutong/ui";
import { CloudOff, Monitor } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { line, storeUp, takeBackLine } from "../../core/connection";
import { t } from "../../texts/texts";

/** A short break is not worth a word. */
const QUIET_MS = 1500;

export function LineBanner() {
  const status = line.value;
  const broken = status === "waiting" || status === "connecting";
  const [shown, show] = useState(false);
  useEffect(() => {
    if (!broken) {
      show(false);
      return;
    }
    const timer = setTimeout(() => show(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [broken]);
  if (status === "replaced") {
    return (
      <div class="desk-banner" role="status">
        <Icon icon={Monitor} />
        {t("line.replaced")}
        <Button size="s" onClick={takeBackLine}>{t("line.take_back")}</Button>
      </div>
    );
  }
  if (shown || (status === "online" && !storeUp.value)) {
    return (
      <div class="desk-banner" role="status">
        <Icon icon={CloudOff} />
        {shown ? t("line.lost") : t("line.store_down")}
      </div>
    );
  }
  return null;
}
