/** Where an agent writes: a reply to the contact, or a note among colleagues; the two look different. */
import type { ConversationSummary, QuickReply } from "@hutong/api-client";
import { Button, IconButton } from "@hutong/ui";
import { NotebookPen, Paperclip, SendHorizontal, Zap } from "lucide";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { send, tellTyping } from "../../core/actions";
import { contactName } from "../../core/names";
import { preferences } from "../../core/preferences";
import { desk } from "../../core/store";
import { inWords, t } from "../../texts/texts";
import { answerable } from "../offers/offers";
import { accept } from "../../core/actions";
import { MailLine, MailRows } from "../letters/mail-rows";
import { useMail } from "../letters/use-mail";
import { Limit, Modes, UploadRow } from "./composer-parts";
import { keepDraft, readDraft } from "./drafts";
import { takesFocus } from "./focus";
import { bytesOf, sends, slashQuery, TEXT_BYTES_MAX } from "./model";
import { QuickReplies, useQuickReplies } from "./quick-replies";
import { useUploads } from "./uploads";

const HEIGHT_MAX_PX = 220;

function useGrowth(text: string) {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(HEIGHT_MAX_PX, element.scrollHeight)}px`;
  }, [text]);
  return area;
}

function useComposer(one: ConversationSummary, mayReply: boolean) {
  const me = desk.peek()?.me.id ?? "";
  const isMail = one.kind === "email";
  const [draft] = useState(() => readDraft(me, one.id));
  const [text, setText] = useState(draft?.text ?? "");
  const [wantsNote, setNote] = useState(draft?.note === true);
  const note = wantsNote || !mayReply;
  const mail = useMail(one, draft?.mail, text !== "");
  const uploads = useUploads(draft?.files);
  const sent = uploads.uploads.flatMap((upload) => upload.file ?? []);
  // Before the next key or a reload: an effect after painting would lose the last of what was typed.
  useLayoutEffect(() => keepDraft(me, one.id, { text, note, ...(isMail ? { mail: mail.chosen ?? undefined, files: sent } : {}) }), [text, note, mail.chosen, uploads.uploads]);
  const area = useGrowth(text);
  useEffect(() => {
    if (mayReply && takesFocus(one.id)) area.current?.focus();
  }, []);
  const replies = useQuickReplies(note ? null : slashQuery(text));
  const files = note ? [] : sent;
  const busy = !note && uploads.uploads.some((upload) => !upload.file && !upload.problem);
  const addressed = note || !isMail || (mail.draft !== null && mail.missing === null);
  const ready = !busy && addressed && (text.trim() !== "" || files.length > 0) && bytesOf(text) <= TEXT_BYTES_MAX;
  const submit = () => {
    if (!ready) return;
    if (isMail && !note) mail.send(text.trim(), files);
    else send(one.id, note ? "note" : "text", text.trim(), files);
    setText("");
    if (!note) uploads.clear();
    area.current?.focus();
  };
  const choose = (reply: QuickReply) => {
    setText(inWords(reply.text));
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (replies.onKey(event, choose)) return;
    const offer = text === "" && event.key === "Enter" && !event.isComposing ? answerable() : null;
    if (offer) {
      event.preventDefault();
      accept(offer);
    } else if (sends(event, isMail ? "ctrl_enter" : preferences.value.sendBy)) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") area.current?.blur();
  };
  const onText = (value: string) => {
    setText(value);
    if (!note && value !== "") tellTyping(one.id);
  };
  return { text, onText, setText, note, setNote, isMail, mail, area, uploads, replies, ready, submit, choose, onKeyDown };
}

export function Composer({ one, mayReply }: { one: ConversationSummary; mayReply: boolean }) {
  const composer = useComposer(one, mayReply);
  const { text, note, area, uploads, replies, isMail, mail } = composer;
  const asMail = isMail && !note;
  const label = t(note ? "composer.note_label" : asMail ? "mail.write_label" : "composer.reply_label");
  const rows = useId();
  const picker = useRef<HTMLInputElement>(null);
  const takeFiles = (list: FileList | null | undefined, event: Event) => {
    if (note || !list || list.length === 0) return;
    event.preventDefault();
    uploads.add([...list]);
  };
  return (
    <section
      class={note ? "composer composer-note" : "composer"}
      aria-label={label}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => takeFiles(event.dataTransfer?.files, event)}
    >
      <QuickReplies state={replies} onChoose={composer.choose} />
      <div class="composer-box">
        <div class="composer-top">
          <Modes note={note} mayReply={mayReply} setNote={composer.setNote} mail={isMail ? mail : null} />
          {asMail ? <MailLine mail={mail} controls={rows} />
            : <span class="composer-whom">{note ? t("composer.note_whom") : t("composer.reply_whom", { name: contactName(one) })}</span>}
        </div>
        {asMail && <MailRows mail={mail} id={rows} />}
        <textarea
          ref={area}
          rows={isMail ? 4 : 2}
          value={text}
          aria-label={label}
          placeholder={t(note ? "composer.note_hint" : asMail ? "mail.write_hint" : "composer.reply_hint")}
          data-testid="composer"
          onInput={(event) => composer.onText(event.currentTarget.value)}
          onKeyDown={composer.onKeyDown}
          onPaste={(event) => takeFiles(event.clipboardData?.files, event)}
          {...replies.aria}
        />
        {!note && uploads.uploads.map((upload) => <UploadRow key={upload.key} upload={upload} remove={uploads.remove} />)}
        <div class="composer-foot">
          {!note && <IconButton icon={Paperclip} label={t("composer.attach")} onClick={() => picker.current?.click()} />}
          {!note && <IconButton icon={Zap} label={t("composer.quick")} onClick={() => { composer.setText("/"); area.current?.focus(); }} />}
          <input ref={picker} type="file" multiple hidden aria-label={t("composer.attach")} data-testid="file-input" onChange={(event) => { takeFiles(event.currentTarget.files, event); event.currentTarget.value = ""; }} />
          <Limit bytes={bytesOf(text)} most={TEXT_BYTES_MAX} />
          <Button
            look={note ? "note" : "primary"}
            icon={note ? NotebookPen : SendHorizontal}
            keys={!isMail && preferences.value.sendBy === "enter" ? "Enter" : "Ctrl Enter"}
            disabled={!composer.ready}
            onClick={composer.submit}
            data-testid="send"
          >
            {note ? t("composer.save_note") : t("composer.send")}
          </Button>
        </div>
      </div>
    </section>
  );
}
