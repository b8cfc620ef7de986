/** Small parts of the composer. */
import { Icon, IconButton } from "@hutong/ui";
import { File, Link, NotebookPen, Paperclip, RefreshCw, Reply, ReplyAll, X } from "lucide";
import type { IconNode } from "@hutong/ui";
import { t } from "../../texts/texts";
import { hasMore, speaksOfFile } from "../letters/model";
import type { Mail } from "../letters/use-mail";
import { bytesText } from "./model";
import type { Upload } from "./uploads";

function Mode({ on, icon, label, onChoose, testId }: { on: boolean; icon: IconNode; label: string; onChoose: () => void; testId: string }) {
  return (
    <button type="button" role="radio" aria-checked={on} onClick={onChoose} data-testid={testId}>
      <Icon icon={icon} size={14} />{label}
    </button>
  );
}

/** Reply or note; a letter may also answer everybody. */
export function Modes({ note, mayReply, setNote, mail }: { note: boolean; mayReply: boolean; setNote: (note: boolean) => void; mail: Mail | null }) {
  const all = mail?.draft?.all === true;
  const answer = (wanted: boolean) => {
    setNote(false);
    if (mail && wanted !== all) mail.choose(wanted);
  };
  const offersAll = mail?.base ? hasMore(mail.base) : false;
  return (
    <div class="composer-modes" role="radiogroup" aria-label={t("composer.mode")}>
      {mayReply && <Mode on={!note && !all} icon={Reply} label={t(mail ? "mail.reply" : "composer.reply")} onChoose={() => answer(false)} testId="mode-reply" />}
      {mayReply && (offersAll || all) && <Mode on={!note && all} icon={ReplyAll} label={t("mail.reply_all")} onChoose={() => answer(true)} testId="mode-reply-all" />}
      <Mode on={note} icon={NotebookPen} label={t("composer.note")} onChoose={() => setNote(true)} testId="mode-note" />
    </div>
  );
}

/** Shown when the end of a message comes near. */
export function Limit({ bytes, most }: { bytes: number; most: number }) {
  if (bytes < most * 0.8) return <span class="composer-space" />;
  const over = bytes > most;
  return (
    <span class={over ? "composer-space composer-over" : "composer-space"} role={over ? "alert" : undefined}>
      {over ? t("composer.too_long", { over: bytesText(bytes - most) }) : t("composer.left", { left: bytesText(most - bytes) })}
    </span>
  );
}

/** The words speak of a file, and there is none. */
export function Forgotten({ text, files }: { text: string; files: number }) {
  if (files > 0 || !speaksOfFile(text)) return null;
  return <p class="composer-forgotten" role="status" data-testid="forgotten"><Icon icon={Paperclip} size={13} />{t("mail.forgotten")}</p>;
}

export function UploadRow({ upload, link, remove, again }: { upload: Upload; link: string | null; remove: (key: string) => void; again: (key: string) => void }) {
  return (
    <div class="upload" data-testid="upload" data-state={upload.problem ? "failed" : upload.file ? "ready" : "uploading"} data-link={link ? "" : undefined}>
      <Icon icon={link ? Link : File} />
      <span class="file-name">{upload.name}</span>
      {link && <span class="upload-link" role="status" data-testid="upload-link">{link}</span>}
      {upload.problem ? <span class="upload-problem" role="alert">{upload.problem}</span>
        : !upload.file && <progress max={1} value={upload.share} aria-label={t("file.uploading", { name: upload.name })} />}
      {upload.problem && upload.source && <IconButton icon={RefreshCw} size={14} label={t("file.again", { name: upload.name })} onClick={() => again(upload.key)} />}
      <IconButton icon={X} size={14} label={t("file.remove", { name: upload.name })} onClick={() => remove(upload.key)} />
    </div>
  );
}
