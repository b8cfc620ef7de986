/** Files of a message. Images are drawn from their bytes onto a canvas; nothing else is shown inline,
 * and every file is saved by an explicit click. */
import type { FileRef } from "@hutong/api-client";
import { Icon, IconButton, say, Spinner } from "@hutong/ui";
import { Download, File, FileImage, FileText } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t } from "../../texts/texts";
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

export function Files({ files }: { files: readonly FileRef[] }) {
  return (
    <ul class="files">
      {files.map((file) => {
        const isImage = IMAGES.has(file.media_type);
        return (
          <li key={file.id}>
            {isImage && file.bytes <= PREVIEW_BYTES_MAX && <Picture file={file} />}
            <div class="file" data-testid="file">
              <Icon icon={isImage ? FileImage : file.media_type.startsWith("text/") || file.media_type === "application/pdf" ? FileText : File} size={20} />
              <span class="file-name">{file.name}</span>
              <span class="file-size">{bytesText(file.bytes)}</span>
              <IconButton icon={Download} label={t("file.save", { name: file.name })} onClick={() => void save(file)} />
            </div>
          </li>
        );
      })}
    </ul>
  );
}
