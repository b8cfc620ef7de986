/** Where an agent writes: a reply to the contact, or a note among colleagues; the two look different. */
import type { ConversationSummary, QuickReply } from "@hutong/api-client";
import { Button, IconButton, say } from "@hutong/ui";
import { NotebookPen, Paperclip, SendHorizontal, Zap } from "lucide";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { send, tellTyping } from "../../core/actions";
import { hasKeys } from "../../core/keyboard";
import { contactName, networkName } from "../../core/names";
import { preferences } from "../../core/preferences";
import { desk } from "../../core/store";
import { inWords, t } from "../../texts/texts";
import { answerable } from "../offers/offers";
import { accept } from "../../core/actions";
import { MailLine, MailRows } from "../letters/mail-rows";
import { useMail } from "../letters/use-mail";
import { Forgotten, Limit, Modes, UploadRow } from "./composer-parts";
import { keepDraft, readDraft } from "./drafts";
import { takesFocus } from "./focus";
import { carriesFiles } from "./line.model";
import { LineBar, LineWhom, Parts } from "./line-bar";
import { bytesOf, pastesFiles, sends, slashAt, TEXT_BYTES_MAX, withReply, withSlash } from "./model";
import { QuickReplies, useQuickReplies } from "./quick-replies";
import { linkText, useUploads } from "./uploads";
import { useDrop } from "./use-drop";
import { answerOn, useLine, type Line } from "./use-line";
import { useWords } from "./use-words";

const isSayable = (text: string, files: number) => (text.trim() !== "" || files > 0) && bytesOf(text) <= TEXT_BYTES_MAX;

function useQuick({ text, caret, rewrite, area }: ReturnType<typeof useWords>, note: boolean) {
  const slash = note ? null : slashAt(text, caret);
  const replies = useQuickReplies(slash?.query ?? null, slash?.at === 0 && caret === text.length);
  const choose = (reply: QuickReply) => slash && rewrite(withReply(text, caret, slash, inWords(reply.text)));
  const askReplies = () => rewrite(withSlash(text, area.current?.selectionStart ?? text.length));
  return { replies, choose, askReplies };
}

/** What a messenger carries, where it is one. */
const fileLimitOf = ({ line }: Line) => (line ? { line, network: networkName(line.adapter) } : null);

function useComposer(one: ConversationSummary, mayReply: boolean) {
  const me = desk.peek()?.me.id ?? "";
  const isMail = one.kind === "email";
  const [draft] = useState(() => readDraft(me, one.id));
  const words = useWords(draft?.text ?? "");
  const { text, setText, onCaret, area } = words;
  const [wantsNote, setNote] = useState(draft?.note === true);
  const note = wantsNote || !mayReply;
  const mail = useMail(one, draft?.mail, text !== "");
  const line = useLine(one);
  const uploads = useUploads(draft?.files, fileLimitOf(line));
  const sent = uploads.uploads.flatMap((upload) => upload.file ?? []);
  const keep = (written: string) => keepDraft(me, one.id, { text: written, note, ...(isMail ? { mail: mail.chosen ?? undefined, files: sent } : {}) });
  // Before the next key or a reload: an effect after painting would lose the last of what was typed.
  useLayoutEffect(() => keep(text), [text, note, mail.chosen, uploads.uploads]);
  useEffect(() => {
    if (mayReply && takesFocus(one.id)) area.current?.focus();
  }, []);
  const { replies, choose, askReplies } = useQuick(words, note);
  const files = note ? [] : sent;
  // What failed is tried again or taken away: a letter must not leave without what its writer put to it.
  const whole = note || uploads.uploads.every((upload) => upload.file);
  const addressed = note || !isMail || (mail.draft !== null && mail.missing === null);
  const answer = note ? null : answerOn(line, text, uploads.uploads.length);
  const ready = whole && addressed && isSayable(text, files.length) && !answer?.refusal;
  const submit = () => {
    if (!ready) return;
    if (isMail && !note) mail.send(text.trim(), files);
    else send(one.id, note ? "note" : "text", text.trim(), files);
    setText("");
    if (!note) uploads.clear();
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
    // Another composer may take this one's place before it is drawn again: whoever takes over a conversation types on.
    keep(value);
    onCaret();
    if (!note && value !== "") tellTyping(one.id);
  };
  return { text, onText, onCaret, note, setNote, isMail, mail, line, answer, area, uploads, replies, ready, submit, choose, askReplies, onKeyDown };
}

const sendKeys = (isMail: boolean) => (!isMail && preferences.value.sendBy === "enter" ? "Enter" : "Ctrl Enter");

type Sort = "note" | "mail" | "reply";

/** What the field is called, and what it says while it is empty. */
function fieldTexts(sort: Sort) {
  if (sort === "note") return { label: t("composer.note_label"), hint: t("composer.note_hint") };
  if (sort === "mail") return { label: t("mail.write_label"), hint: t(hasKeys.value ? "mail.write_hint" : "mail.write_hint_touch") };
  return { label: t("composer.reply_label"), hint: t("composer.reply_hint") };
}

/** Why nothing can be attached: notes carry no files, and not every messenger does. */
function noFiles(note: boolean, { line }: Line): string | null {
  if (note) return t("composer.note_no_files");
  return line && !carriesFiles(line) ? t("line.no_files", { network: networkName(line.adapter) }) : null;
}

/** Files that are chosen, dropped or pasted. */
function useFiles(refused: string | null, add: (files: readonly File[]) => void) {
  const takeFiles = (files: readonly File[]) => {
    if (files.length === 0) return;
    if (refused !== null) say(refused, "danger");
    else add(files);
  };
  const drop = useDrop(takeFiles);
  const onPaste = (event: ClipboardEvent) => {
    const data = event.clipboardData;
    if (!data || !pastesFiles({ types: data.types, text: data.getData("text/plain"), files: data.files.length })) return;
    event.preventDefault();
    takeFiles([...data.files]);
  };
  return { takeFiles, drop, onPaste };
}

/** Whom it reaches. */
function Whom({ one, composer: { note, isMail, mail, line }, rows }: { one: ConversationSummary; composer: ReturnType<typeof useComposer>; rows: string }) {
  if (note) return <span class="composer-whom">{t("composer.note_whom")}</span>;
  if (isMail) return <MailLine mail={mail} controls={rows} />;
  if (one.kind === "im") return <LineWhom line={line} one={one} />;
  return <span class="composer-whom">{t("composer.reply_whom", { name: contactName(one) })}</span>;
}

/** How much more can be written, or how many messages it becomes. */
function Room({ composer: { text, line, answer } }: { composer: ReturnType<typeof useComposer> }) {
  const bytes = bytesOf(text);
  return answer && line.line && bytes <= TEXT_BYTES_MAX ? <Parts line={line} {...answer} /> : <Limit bytes={bytes} most={TEXT_BYTES_MAX} />;
}

export function Composer({ one, mayReply }: { one: ConversationSummary; mayReply: boolean }) {
  const composer = useComposer(one, mayReply);
  const { text, note, area, uploads, replies, isMail, mail, line } = composer;
  const asChat = one.kind === "im" && !note;
  const asMail = isMail && !note;
  const { label, hint } = fieldTexts(note ? "note" : asMail ? "mail" : "reply");
  const rows = useId();
  const picker = useRef<HTMLInputElement>(null);
  const refused = noFiles(note, composer.line);
  const { takeFiles, drop, onPaste } = useFiles(refused, uploads.add);
  return (
    <section
      class={note ? "composer composer-note" : "composer"}
      aria-label={label}
      {...drop.handlers}
    >
      <QuickReplies state={replies} onChoose={composer.choose} />
      <div class={drop.over ? "composer-box composer-drop" : "composer-box"} data-drop={refused ?? t("composer.drop")}>
        <div class="composer-top">
          <Modes note={note} mayReply={mayReply} setNote={composer.setNote} mail={isMail ? mail : null} />
          <Whom one={one} composer={composer} rows={rows} />
        </div>
        {asMail && <MailRows mail={mail} id={rows} />}
        {asChat && <LineBar line={line} />}
        <textarea
          ref={area}
          rows={isMail ? 4 : 2}
          value={text}
          aria-label={label}
          placeholder={hint}
          data-testid="composer"
          onInput={(event) => composer.onText(event.currentTarget.value)}
          onKeyDown={composer.onKeyDown}
          onSelect={composer.onCaret}
          onPaste={onPaste}
          {...replies.aria}
        />
        {!note && uploads.uploads.map((upload) => <UploadRow key={upload.key} upload={upload} link={linkText(upload, fileLimitOf(line))} remove={uploads.remove} again={uploads.again} />)}
        {asMail && <Forgotten text={text} files={uploads.uploads.length} />}
        <div class="composer-foot">
          {!note && <IconButton icon={Paperclip} label={refused ?? t("composer.attach")} disabled={refused !== null} onClick={() => picker.current?.click()} />}
          {!note && <IconButton icon={Zap} label={t("composer.quick")} onClick={composer.askReplies} data-testid="quick" />}
          <input ref={picker} type="file" multiple hidden aria-label={t("composer.attach")} data-testid="file-input" onChange={(event) => { takeFiles([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ""; }} />
          <Room composer={composer} />
          <Button
            look={note ? "note" : "primary"}
            icon={note ? NotebookPen : SendHorizontal}
            keys={sendKeys(isMail)}
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
