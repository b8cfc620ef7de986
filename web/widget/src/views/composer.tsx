/** Where the person writes. What is written is kept through reloads; Enter sends, but never half a Chinese word. */
import { Icon } from "@hutong/ui/icon";
import { Paperclip, RotateCw, SendHorizontal, X } from "lucide";
import { useLayoutEffect, useRef } from "preact/hooks";
import { over } from "@hutong/chat";
import type { Attachment } from "../model/model.ts";
import { sendable } from "../model/select.ts";
import { usePanel } from "./context.ts";
import { FileFace } from "./file-face.tsx";
import { Privacy } from "./privacy.tsx";

export function Composer() {
  const { model, t, session, files } = usePanel();
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const started = model.conversation !== null || model.messages.length > 0 || model.outgoing.length > 0;
  useLayoutEffect(() => {
    const box = area.current;
    if (box === null) return;
    box.style.height = "auto";
    // It grows with the text up to the limit of its style, then scrolls.
    box.style.height = `${String(box.scrollHeight)}px`;
  }, [model.draft, model.elder]);
  const send = () => {
    void session.say();
    area.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {!started && <Privacy />}
      {model.channel?.widget.typing_preview === true && model.conversation?.state === "active" && (
        <p class="privacy">{t("typing_seen")}</p>
      )}
      {model.attachments.length > 0 && (
        <ul class="tray">
          {model.attachments.map((one) => <TrayFile key={one.id} attachment={one} />)}
        </ul>
      )}
      <div class="composer-row">
        <button type="button" class="icon-button" aria-label={t("attach")} onClick={() => picker.current?.click()}>
          <Icon icon={Paperclip} size={22} />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          accept={model.channel?.media_types.join(",")}
          onChange={(event) => {
            files.pick([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
        <textarea
          ref={area}
          rows={1}
          data-focus-first=""
          aria-label={t("message_label")}
          placeholder={placeholderOf(model, started, t)}
          enterkeyhint="send"
          value={model.draft}
          onInput={(event) => session.typed(event.currentTarget.value)}
          onPaste={(event) => {
            const pasted = [...(event.clipboardData?.files ?? [])];
            if (pasted.length === 0) return;
            event.preventDefault();
            files.pick(pasted);
          }}
          onKeyDown={(event) => {
            // While a word is being composed, Enter chooses it. Safari tells only by the key code.
            const composing = event.isComposing || event.keyCode === 229;
            if (event.key !== "Enter" || event.shiftKey || composing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="send" aria-label={t("send")} aria-disabled={!sendable(model)}>
          <Icon icon={SendHorizontal} size={20} />
        </button>
      </div>
    </form>
  );
}

function placeholderOf(model: ReturnType<typeof usePanel>["model"], started: boolean, t: ReturnType<typeof usePanel>["t"]): string {
  if (!started) return t("message_placeholder_start");
  return t(model.conversation !== null && over(model.conversation) ? "message_placeholder_over" : "message_placeholder");
}

function TrayFile({ attachment }: { attachment: Attachment }) {
  const { t, files } = usePanel();
  const { id, name, bytes, mediaType, share, file, failed } = attachment;
  const percent = Math.round(share * 100);
  return (
    <li class={failed === null ? "tray-file" : "tray-file tray-failed"}>
      <FileFace name={name} bytes={bytes} mediaType={mediaType} />
      {failed !== null && (
        <button type="button" class="icon-button" aria-label={t("retry_file", { name })} onClick={() => files.retry(id)}>
          <Icon icon={RotateCw} size={18} />
        </button>
      )}
      <button type="button" class="icon-button" aria-label={t("remove_file", { name })} onClick={() => files.remove(id)}>
        <Icon icon={X} size={18} />
      </button>
      {file === null && failed === null && (
        <progress class="tray-progress" max={100} value={percent} aria-label={t("uploading", { percent })} />
      )}
    </li>
  );
}
