/** The line that a website adds. */
import type { Channel } from "@hutong/api-client";
import { Button } from "@hutong/ui";
import { Copy } from "lucide";
import { t } from "../../texts/texts";
import { Group } from "./fields";
import { embedSnippet } from "./model";
import { copy } from "./secret";

export function ChannelTools({ channel }: { channel: Channel }) {
  if (channel.kind !== "web_chat") return null;
  const snippet = embedSnippet(location.origin, channel.id);
  return (
    <Group title={t("admin.embed")} hint={t("admin.embed_hint")}>
      <pre class="admin-snippet" data-testid="snippet" tabIndex={0}>{snippet}</pre>
      <div class="admin-buttons"><Button icon={Copy} onClick={() => void copy(snippet)}>{t("admin.copy")}</Button></div>
    </Group>
  );
}
