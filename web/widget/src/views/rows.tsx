/** The rows of the conversation: words, files, facts, days. All foreign text is text. */
import type { FileRef, Message } from "@hutong/api-client";
import { Avatar } from "@hutong/ui/bits";
import { Icon } from "@hutong/ui/icon";
import { dayText, exactText, timeText } from "@hutong/ui/time";
import { Check, CheckCheck, CircleAlert, Clock, Headset } from "lucide";
import { linkify } from "../links.ts";
import { isPicture } from "@hutong/chat";
import type { Outgoing } from "../model/model.ts";
import { authorName, markOf, outgoingMark, type Mark } from "../model/select.ts";
import type { Row } from "@hutong/chat";
import { endedWords } from "../model/callback.ts";
import { whenText } from "./when.ts";
import { usePanel } from "./context.ts";
import { FileFace } from "./file-face.tsx";
import { Picture } from "./picture.tsx";

export function RowView({ row }: { row: Row }) {
  switch (row.kind) {
    case "day":
      return <Day at={row.at} />;
    case "notice":
      return <Notice message={row.message} />;
    case "said":
      return row.mine ? <Mine row={row} /> : <Theirs row={row} />;
    case "outgoing":
      return <Unsaid row={row} />;
  }
}

function Day({ at }: { at: number }) {
  const { model } = usePanel();
  return <li class="row-day"><span>{dayText(at, Date.now(), model.locale)}</span></li>;
}

function Notice({ message }: { message: Message }) {
  const { model, t } = usePanel();
  const { notice } = message;
  if (notice === null || notice === undefined) return null;
  const name = notice.code === "joined" ? authorName(model, { ...message, author: { type: "agent", id: notice.agent } }) : null;
  const text =
    notice.code === "joined" ? (name === null ? t("notice_joined_unknown") : t("notice_joined", { name }))
    : notice.code === "requeued" ? t("notice_requeued")
    : notice.code === "closed" ? t("notice_closed")
    : notice.code === "went_by_mail" ? t("notice_went_by_mail")
    : notice.code === "callback_requested" ? t("notice_call_requested", { number: notice.number })
    : notice.code === "callback_cancelled" ? t("notice_call_cancelled")
    : notice.code === "callback_reminder" ? t("notice_call_reminder", { when: whenText(notice.at, Date.now(), model.locale, t) })
    : notice.code === "call_ringing" ? t("call_ringing", {})
    : notice.code === "call_connected" ? t("call_connected", {})
    : notice.code === "call_ended" ? t(endedWords(notice.outcome, typeof notice.next_at === "number"), { when: whenText(notice.next_at ?? 0, Date.now(), model.locale, t) })
    : t("notice_reopened");
  return <li class="row-notice"><span>{text}</span></li>;
}

type Said = Extract<Row, { kind: "said" }>;

function Theirs({ row }: { row: Said }) {
  const { model, t } = usePanel();
  const { message, first, last } = row;
  const agent = message.author.type === "agent" ? message.author.id : null;
  const name = agent === null ? t("system") : (authorName(model, message) ?? t("agent"));
  return (
    <li class={edges("row row-theirs", first, last)}>
      <span class="row-face">
        {first && (agent !== null && name !== t("agent")
          ? <Avatar name={name} seed={name} size={32} />
          : <span class="face-plain"><Icon icon={Headset} size={18} /></span>)}
      </span>
      <div class="row-body">
        {first && <span class="row-name">{name}</span>}
        {!first && <span class="sr">{name}</span>}
        <Content text={message.text ?? ""} files={message.files ?? []} side="theirs" />
        {last && <Meta at={message.at} />}
      </div>
    </li>
  );
}

function Mine({ row }: { row: Said }) {
  const { model, t } = usePanel();
  const { message, first, last } = row;
  return (
    <li class={edges("row row-mine", first, last)}>
      <div class="row-body">
        <span class="sr">{t("you")}</span>
        <Content text={message.text ?? ""} files={message.files ?? []} side="mine" />
        {last && <Meta at={message.at} mark={markOf(model, message)} />}
      </div>
    </li>
  );
}

function Unsaid({ row }: { row: Extract<Row, { kind: "outgoing" }> }) {
  const { t, session } = usePanel();
  const { outgoing, first, last } = row;
  const failed = outgoing.failed !== null;
  return (
    <li class={edges(failed ? "row row-mine row-failed" : "row row-mine row-pending", first, last)}>
      <div class="row-body">
        <span class="sr">{t("you")}</span>
        <Content text={outgoing.text} files={outgoing.files} side="mine" />
        {(last || failed) && <Meta at={outgoing.at} mark={outgoingMark(outgoing)} />}
        {failed && <Again outgoing={outgoing} onResend={(id) => session.resend(id)} onDiscard={(id) => session.discard(id)} />}
      </div>
    </li>
  );
}

function Again(props: { outgoing: Outgoing; onResend: (id: string) => void; onDiscard: (id: string) => void }) {
  const { t } = usePanel();
  const id = props.outgoing.clientId;
  return (
    <span class="again">
      <button type="button" class="link-button" onClick={() => props.onResend(id)}>{t("resend")}</button>
      <button type="button" class="link-button" onClick={() => props.onDiscard(id)}>{t("discard")}</button>
    </span>
  );
}

function Content({ text, files, side }: { text: string; files: FileRef[]; side: "mine" | "theirs" }) {
  return (
    <>
      {text !== "" && <p class={`bubble bubble-${side}`}><Words text={text} /></p>}
      {files.map((file) => <Attached key={file.id} file={file} />)}
    </>
  );
}

/** Text with its web addresses as links, and nothing else made of it. */
function Words({ text }: { text: string }) {
  return (
    <>
      {linkify(text).map((piece, n) =>
        piece.href === null ? piece.text : (
          <a key={n} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">{piece.text}</a>
        ),
      )}
    </>
  );
}

function Attached({ file }: { file: FileRef }) {
  const { t, files, model } = usePanel();
  if (isPicture(file.media_type)) return <Picture file={file} />;
  const size = Math.max(1, Math.round(file.bytes / 1024)).toLocaleString(model.locale);
  return (
    <button type="button" class="file" aria-label={t("file_download", { name: file.name === "" ? t("file") : file.name, size: `${size} KB` })} onClick={() => void files.download(file)}>
      <FileFace name={file.name} bytes={file.bytes} mediaType={file.media_type} />
    </button>
  );
}

const MARKS = {
  pending: { icon: Clock, key: "mark_pending" },
  sent: { icon: Check, key: "mark_sent" },
  read: { icon: CheckCheck, key: "mark_read" },
  failed: { icon: CircleAlert, key: "mark_failed" },
} as const;

function Meta({ at, mark }: { at: number; mark?: Mark }) {
  const { model, t } = usePanel();
  return (
    <span class={mark === undefined ? "meta" : `meta meta-${mark}`}>
      <time dateTime={new Date(at).toISOString()} title={exactText(at, model.locale)}>{timeText(at, model.locale)}</time>
      {mark !== undefined && (
        <span class="mark">
          <Icon icon={MARKS[mark].icon} size={14} />
          {t(MARKS[mark].key)}
        </span>
      )}
    </span>
  );
}

function edges(name: string, first: boolean, last: boolean): string {
  return `${name}${first ? " row-first" : ""}${last ? " row-last" : ""}`;
}
