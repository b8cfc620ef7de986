/** The contact is typing; where the channel shows it, with the words so far. */
import type { ConversationSummary } from "@hutong/api-client";
import { Avatar } from "@hutong/ui";
import { contactName } from "../../core/names";
import { t } from "../../texts/texts";

export function TypingBubble({ one, preview }: { one: ConversationSummary; preview: string | null }) {
  return (
    <div class="spoken spoken-contact spoken-first spoken-typing" data-testid="typing">
      <span class="spoken-face"><Avatar name={contactName(one)} seed={one.contact} size={28} /></span>
      <div class="spoken-body">
        <div class="bubble">
          {preview && <p class="text">{preview}</p>}
          <span class="typing-dots" role="img" aria-label={t("typing.contact")}><i /><i /><i /></span>
        </div>
        {preview && <span class="mark">{t("typing.not_sent")}</span>}
      </div>
    </div>
  );
}
