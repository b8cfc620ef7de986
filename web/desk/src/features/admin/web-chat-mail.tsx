/** Which mailbox carries letters of a chat, and how long an answer may stay unread before it goes by mail. */
import { Select } from "@hutong/ui";
import { t } from "../../texts/texts";
import { Group, NumberField, Pair } from "./fields";
import { mailboxes } from "./settings-store";
import { AFTER_SECS, type ByMail } from "./web-chat.model";

export function ByMailFields({ mail, change }: { mail: ByMail | null; change: (mail: ByMail | null) => void }) {
  const known = mailboxes();
  const stored = mail?.channel ?? "";
  // One that was switched off since is still named, so that it is seen.
  const lost = stored !== "" && !known.some((each) => each.value === stored) ? [{ value: stored, label: stored }] : [];
  const choices = [{ value: "", label: t("web.mail_none") }, ...known, ...lost];
  const choose = (channel: string) => change(channel === "" ? null : { after_secs: AFTER_SECS.usual, ...mail, channel });
  return (
    <Group title={t("web.mail")} hint={t("web.mail_hint")}>
      <Pair>
        <Select label={t("web.mail_channel")} hint={known.length === 0 ? t("web.mail_no_mailbox") : undefined} value={stored} choices={choices} onValue={choose} />
        {mail !== null && (
          <NumberField label={t("web.mail_after")} hint={t("web.mail_after_hint")} max={AFTER_SECS.max} value={mail.after_secs} onValue={(after_secs) => change({ ...mail, after_secs })} />
        )}
      </Pair>
    </Group>
  );
}
