/** A picture in a message: fetched with the token, shown as a blob, enlarged at a touch. */
import type { FileRef } from "@hutong/api-client";
import { Icon } from "@hutong/ui/icon";
import { Download, ImageOff, X } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { usePanel } from "./context.ts";

export function Picture({ file }: { file: FileRef }) {
  const { t, files } = usePanel();
  const [address, setAddress] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const [large, setLarge] = useState(false);
  useEffect(() => {
    let here = true;
    files.picture(file).then(
      (found) => here && setAddress(found),
      () => here && setFailed(true),
    );
    return () => {
      here = false;
    };
  }, [file.id]);
  if (failed) {
    return (
      <button type="button" class="file" onClick={() => void files.download(file)}>
        <span class="file-face"><span class="file-icon"><Icon icon={ImageOff} size={20} /></span>{t("file_not_loaded")}</span>
      </button>
    );
  }
  return (
    <>
      <button
        type="button"
        class="picture"
        aria-label={t("picture_open", { name: file.name })}
        aria-busy={address === null}
        onClick={() => setLarge(address !== null)}
      >
        {address !== null && <img src={address} alt="" onError={() => setFailed(true)} />}
      </button>
      {large && address !== null && <Large file={file} address={address} onClose={() => setLarge(false)} />}
    </>
  );
}

function Large({ file, address, onClose }: { file: FileRef; address: string; onClose: () => void }) {
  const { t, files } = usePanel();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      class="large"
      ref={dialog}
      aria-label={t("picture", { name: file.name })}
      onClose={onClose}
      onKeyDown={(event) => {
        // Escape closes the picture, not the panel behind it.
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
    >
      <div class="large-bar">
        <span class="large-name">{file.name}</span>
        <button type="button" class="icon-button" aria-label={t("download")} onClick={() => void files.download(file)}>
          <Icon icon={Download} size={22} />
        </button>
        <button type="button" class="icon-button" aria-label={t("close")} onClick={onClose}>
          <Icon icon={X} size={22} />
        </button>
      </div>
      <img src={address} alt={t("picture", { name: file.name })} />
    </dialog>
  );
}
