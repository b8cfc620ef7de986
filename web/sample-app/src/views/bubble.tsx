/** One message: its words, its files, how far it has come. */
import { isPicture, sizeText, type FileRef, type Message, type Outgoing } from "@hutong/chat";
import { Icon, type IconNode } from "@hutong/ui/icon";
import { exactText, timeText } from "@hutong/ui/time";
import { Check, CheckCheck, CircleAlert, Clock, Download } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../state.ts";
import type { TextKey } from "../texts/index.ts";

/** What an agent changed or took back later. */
function changed(messages: readonly Message[], seq: number): { text: string | null; gone: boolean } {
  let text: string | null = null;
  let gone = false;
  for (const { notice } of messages) {
    if (notice?.code === "edited" && notice.seq === seq) text = notice.text;
    if (notice?.code === "taken_back" && notice.seq === seq) gone = true;
  }
  return { text, gone };
}

export function Bubble({ message, mine, first, last }: { message: Message; mine: boolean; first: boolean; last: boolean }) {
  const { state, t } = useApp();
  const read = message.seq <= (state.log.conversation?.read_by_agent ?? 0);
  const { text, gone } = changed(state.log.messages, message.seq);
  const name = mine ? t("you") : (state.log.conversation?.agent_name ?? t("agent"));
  const said = text ?? message.text ?? "";
  return (
    <article class={`bubble ${mine ? "mine" : "theirs"}${first ? " first" : ""}${last ? " last" : ""}`} data-testid="said">
      <span class={first && !mine ? "who" : "ui-sr"}>{name}</span>
      {gone ? <p class="gone">{t("taken_back")}</p> : said !== "" && <p class="words">{said}</p>}
      {!gone && (message.files ?? []).map((file) => <FileOf key={file.id} file={file} />)}
      <Meta at={message.at} edited={text !== null && !gone} mark={mine ? (read ? "mark_read" : "mark_sent") : null} />
    </article>
  );
}

function Meta({ at, edited, mark }: { at: number; edited: boolean; mark: "mark_read" | "mark_sent" | null }) {
  const { state, t } = useApp();
  return (
    <p class="meta">
      {edited && <span>{t("edited")}</span>}
      <time dateTime={new Date(at).toISOString()} title={exactText(at, state.locale)}>{timeText(at, state.locale)}</time>
      {mark !== null && <Mark icon={mark === "mark_read" ? CheckCheck : Check} label={mark} />}
    </p>
  );
}

function Mark({ icon, label }: { icon: IconNode; label: TextKey }) {
  const { t } = useApp();
  return <span class="mark" data-testid="mark" data-mark={label}><Icon icon={icon} size={15} label={t(label)} /></span>;
}

/** Something that the desk does not have yet. */
export function Pending({ outgoing }: { outgoing: Outgoing }) {
  const { chat, t } = useApp();
  const failed = outgoing.failed !== null;
  return (
    <article class={`bubble mine first last ${failed ? "failed" : "pending"}`} data-testid="pending">
      <span class="ui-sr">{t("you")}</span>
      {outgoing.text !== "" && <p class="words">{outgoing.text}</p>}
      {outgoing.files.map((file) => <p key={file.id} class="file-name">{file.name}</p>)}
      <p class="meta">
        <Mark icon={failed ? CircleAlert : Clock} label={failed ? "mark_failed" : "mark_pending"} />
        {failed && (
          <>
            <span>{t("mark_failed")}</span>
            <button type="button" class="text-button" onClick={() => chat.resend(outgoing.clientId)}>{t("resend")}</button>
            <button type="button" class="text-button" onClick={() => chat.discard(outgoing.clientId)}>{t("discard")}</button>
          </>
        )}
      </p>
    </article>
  );
}

function FileOf({ file }: { file: FileRef }) {
  const { chat, state, t } = useApp();
  const [address, setAddress] = useState<string | null>(null);
  const picture = isPicture(file.media_type);
  useEffect(() => {
    if (!picture) return undefined;
    const gone = new AbortController();
    let made: string | null = null;
    chat.file(file, gone.signal).then((blob) => {
      made = URL.createObjectURL(blob);
      setAddress(made);
    }).catch(() => undefined);
    return () => {
      gone.abort();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [file.id]);
  const save = async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await chat.file(file));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  if (picture && address !== null) return <img class="picture" src={address} alt={t("picture", { name: file.name })} />;
  return (
    <button type="button" class="file" onClick={() => void save().catch(() => undefined)} aria-label={t("download", { name: file.name })}>
      <Icon icon={Download} size={20} /><span class="file-name">{file.name}<small>{sizeText(file.bytes, state.locale)}</small></span>
    </button>
  );
}
