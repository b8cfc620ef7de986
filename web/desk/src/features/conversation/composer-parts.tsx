/** Small parts of the composer. */
import { Icon, IconButton } from "@hutong/ui";
import { File, X } from "lucide";
import { t } from "../../texts/texts";
import { bytesText } from "./model";
import type { Upload } from "./uploads";

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

export function UploadRow({ upload, remove }: { upload: Upload; remove: (key: string) => void }) {
  return (
    <div class="upload" data-testid="upload" data-state={upload.problem ? "failed" : upload.file ? "ready" : "uploading"}>
      <Icon icon={File} />
      <span class="file-name">{upload.name}</span>
      {upload.problem ? <span class="upload-problem" role="alert">{upload.problem}</span>
        : !upload.file && <progress max={1} value={upload.share} aria-label={t("file.uploading", { name: upload.name })} />}
      <IconButton icon={X} size={14} label={t("file.remove", { name: upload.name })} onClick={() => remove(upload.key)} />
    </div>
  );
}
