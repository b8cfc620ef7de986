/** A file as people know it: its sort, name and size. */
import { Icon } from "@hutong/ui/icon";
import { FileText, Image } from "lucide";
import { isPicture, sizeText } from "@hutong/chat";
import { usePanel } from "./context.ts";

export function FileFace({ name, bytes, mediaType }: { name: string; bytes: number; mediaType: string }) {
  const { model, t } = usePanel();
  return (
    <span class="file-face">
      <span class="file-icon"><Icon icon={isPicture(mediaType) ? Image : FileText} size={20} /></span>
      <span class="file-words">
        <span class="file-name">{name === "" ? t("file") : name}</span>
        {bytes > 0 && <span class="file-size">{sizeText(bytes, model.locale)}</span>}
      </span>
    </span>
  );
}
