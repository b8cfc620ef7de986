/** Files of a message. Images are drawn from their bytes onto a canvas; nothing else is shown inline,
 * and every file is saved by an explicit click. */
import type { FileRef } from "@hutong/api-client";
import { Icon, IconButton, say, Spinner } from "@hutong/ui";
import { CloudDownload, Download, File, FileImage, FileText, FileX } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemText } from "../../core/problems";
import { api, token } from "../../core/session";
import { t } from "../../texts/texts";
import type { Change } from "./changes.model";
import { bytesText } from "./model";

const IMAGES = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);
const PREVIEW_BYTES_MAX = 10 * 1024 * 1024;
const PREVIEW_PX = { width: 280, height: 210 };

const fetchFile = (file: FileRef) => api.blob(`/files/${encodeURIComponent(file.id)}`);

const save = (file: FileRef) => saveAs(`/files/${encodeURIComponent(file.id)}`, file.name);

/** Saves what a path of the API answers. */
export async function saveAs(path: string, name: string) {
  try {
    const url = URL.createObjectURL(await api.blob(path));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch (error) {
    say(problemText(error), "danger");
  }
}

async function draw(file: FileRef, canvas: HTMLCanvasElement) {
  const image = await createImageBitmap(await fetchFile(file));
  const scale = Math.min(1, PREVIEW_PX.width / image.width, PREVIEW_PX.height / image.height);
  const density = Math.min(2, window.devicePixelRatio || 1);
  canvas.width = Math.max(1, Math.round(image.width * scale * density));
  canvas.height = Math.max(1, Math.round(image.height * scale * density));
  canvas.style.width = `${canvas.width / density}px`;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
}

function Picture({ file }: { file: FileRef }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<"loading" | "shown" | "failed">("loading");
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    draw(file, element).then(() => setState("shown"), () => setState("failed"));
  }, [file.id]);
  if (state === "failed") return null;
  return (
    <button type="button" class="picture" onClick={() => void save(file)} title={t("file.save", { name: file.name })}>
      {state === "loading" && <Spinner size={16} />}
      <canvas ref={canvas} role="img" aria-label={t("file.picture", { name: file.name })} hidden={state === "loading"} />
    </button>
  );
}

/** Asks once whether a file that was on its way has come since: of one that came after the end of its conversation
 * no fact tells. Its bytes are not read. */
async function cameMeanwhile(file: FileRef, signal: AbortSignal): Promise<FileRef | null> {
  const answer = await fetch(`/v1/files/${encodeURIComponent(file.id)}`, { headers: { authorization: `Bearer ${token() ?? ""}` }, signal });
  void answer.body?.cancel();
  const bytes = Number(answer.headers.get("content-length") ?? 0);
  return answer.ok ? { ...file, pending: false, bytes, media_type: answer.headers.get("content-type") ?? file.media_type } : null;
}

function Pending({ file, onCame }: { file: FileRef; onCame: (file: FileRef) => void }) {
  useEffect(() => {
    const abort = new AbortController();
    // What cannot be asked is told by a fact, or asked when the conversation is opened again.
    cameMeanwhile(file, abort.signal).then((found) => found && onCame(found), () => undefined);
    return () => abort.abort();
  }, [file.id]);
  return (
    <div class="file file-pending" data-testid="file-pending" title={t("chat.file_pending_hint", { name: file.name })}>
      <Icon icon={CloudDownload} size={20} />
      <span class="file-name">{file.name}</span>
      <Spinner size={12} />
      <span class="file-size">{t("chat.file_pending")}</span>
    </div>
  );
}

function Missing({ file, why }: { file: FileRef; why: string }) {
  return (
    <div class="file file-missing" data-testid="file-missing">
      <Icon icon={FileX} size={20} />
      <span class="file-name">{file.name}</span>
      <span class="file-why">{why ? t("chat.file_missing_why", { why }) : t("chat.file_missing")}</span>
    </div>
  );
}

function Here({ file }: { file: FileRef }) {
  const isImage = IMAGES.has(file.media_type);
  return (
    <>
      {isImage && file.bytes <= PREVIEW_BYTES_MAX && <Picture file={file} />}
      <div class="file" data-testid="file">
        <Icon icon={isImage ? FileImage : file.media_type.startsWith("text/") || file.media_type === "application/pdf" ? FileText : File} size={20} />
        <span class="file-name">{file.name}</span>
        <span class="file-size">{bytesText(file.bytes)}</span>
        <IconButton icon={Download} label={t("file.save", { name: file.name })} onClick={() => void save(file)} />
      </div>
    </>
  );
}

function Row({ file, change }: { file: FileRef; change: Change | undefined }) {
  const [found, setFound] = useState<FileRef | null>(null);
  const here = change?.arrived.get(file.id) ?? found ?? (file.pending ? null : file);
  const why = change?.missing.get(file.id);
  if (here) return <Here file={here} />;
  return why === undefined ? <Pending file={file} onCame={setFound} /> : <Missing file={file} why={why} />;
}

export function Files({ files, change }: { files: readonly FileRef[]; change?: Change | undefined }) {
  return <ul class="files">{files.map((file) => <li key={file.id}><Row file={file} change={change} /></li>)}</ul>;
}
