/** A secret that is shown once, to be copied. */
import { Button, Dialog, say } from "@hutong/ui";
import { Copy } from "lucide";
import { t } from "../../texts/texts";

export async function copy(text: string) {
  try {
    await navigator.clipboard.writeText(text);
    say(t("admin.copied"));
  } catch {
    say(t("admin.copy_failed"), "danger");
  }
}

export function SecretDialog({ title, text, secret, onClose }: { title: string; text: string; secret: string; onClose: () => void }) {
  return (
    <Dialog title={title} closeLabel={t("close")} onClose={onClose} testId="secret"
      footer={<Button look="primary" onClick={onClose}>{t("admin.noted")}</Button>}>
      <p>{text}</p>
      <p class="admin-secret">
        <code data-testid="secret-text">{secret}</code>
        <Button size="s" icon={Copy} onClick={() => void copy(secret)}>{t("admin.copy")}</Button>
      </p>
    </Dialog>
  );
}
