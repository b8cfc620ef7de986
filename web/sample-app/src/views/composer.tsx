/** What the person writes, the files that go along, and the end of the conversation. */
import { ApiProblem, ChatError, FILES_MAX, over, refusal, sizeText, type FileRef } from "@hutong/chat";
import { Dialog, IconButton, Spinner } from "@hutong/ui";
import { Icon } from "@hutong/ui/icon";
import { FileCheck, LogOut, Paperclip, SendHorizontal, X } from "lucide";
import { useRef, useState } from "preact/hooks";
import { useApp } from "../state.ts";

interface Attached {
  id: number;
  name: string;
  file: FileRef | null;
}

function useFiles() {
  const { app, chat, state } = useApp();
  const [attached, setAttached] = useState<Attached[]>([]);
  const next = useRef(0);
  const drop = (id: number) => setAttached((all) => all.filter((one) => one.id !== id));
  const take = async (file: File, before: number) => {
    const { channel } = state;
    if (typeof channel === "string") return;
    const why = refusal(file, channel, before);
    if (why !== null) {
      app.set({ problem: { key: `file_${why}`, params: { name: file.name, n: FILES_MAX, size: sizeText(channel.file_bytes_max, state.locale) } } });
      return;
    }
    const id = (next.current += 1);
    setAttached((all) => [...all, { id, name: file.name, file: null }]);
    try {
      const taken = await chat.upload(file);
      setAttached((all) => all.map((one) => (one.id === id ? { ...one, file: taken } : one)));
    } catch (error) {
      drop(id);
      const key = error instanceof ApiProblem && error.status === 415 ? "file_wrong_type" : "file_failed";
      app.set({ problem: { key, params: { name: file.name } } });
    }
  };
  const pick = (files: readonly File[]) => files.forEach((file, n) => void take(file, attached.length + n));
  return { attached, pick, drop, clear: () => setAttached([]) };
}

export function Composer() {
  const { app, chat, state, t } = useApp();
  const [text, setText] = useState("");
  const [ending, setEnding] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const { attached, pick, drop, clear } = useFiles();
  const { conversation } = state.log;
  const busy = attached.some((one) => one.file === null);
  const ready = !busy && (text.trim() !== "" || attached.length > 0);
  const ended = conversation !== null && over(conversation);

  const topic = state.topic ?? (typeof state.channel === "string" ? null : (state.channel.topics[0]?.id ?? null));
  const say = async () => {
    if (!ready) return;
    const files = attached.flatMap((one) => one.file ?? []);
    try {
      const said = chat.send({ text, files, topic });
      setText("");
      clear();
      area.current?.focus();
      await said;
    } catch (error) {
      const code = error instanceof ChatError ? error.code : "too_much_waiting";
      setText(text);
      app.set({ problem: { key: code === "too_long" ? "too_long" : "too_much_waiting" } });
    }
  };
  const key = (event: KeyboardEvent) => {
    // A word that an input method is still making is not sent by its Enter.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void say();
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); void say(); }}>
      {attached.length > 0 && (
        <ul class="attached">
          {attached.map((one) => (
            <li key={one.id} data-testid="attached">
              {one.file === null ? <Spinner size={16} label={t("mark_pending")} /> : <Icon icon={FileCheck} size={18} />}<span>{one.name}</span>
              <IconButton icon={X} label={t("remove", { name: one.name })} onClick={() => drop(one.id)} />
            </li>
          ))}
        </ul>
      )}
      <div class="composer-row">
        <input ref={input} type="file" class="ui-sr" multiple tabIndex={-1} aria-hidden="true" data-testid="file-input"
          onChange={(event) => { pick([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ""; }} />
        <IconButton icon={Paperclip} size={22} label={t("attach")} onClick={() => input.current?.click()} />
        <textarea ref={area} rows={1} aria-label={t("write")} placeholder={t(ended ? "write_again" : "write")} value={text} onKeyDown={key} enterkeyhint="send"
          onInput={(event) => { setText(event.currentTarget.value); if (event.currentTarget.value !== "") chat.typing(); }} data-testid="composer" />
        {conversation !== null && !ended && <IconButton icon={LogOut} size={20} label={t("end")} onClick={() => setEnding(true)} data-testid="end" />}
        <button type="submit" class="send" disabled={!ready} aria-label={t("send")} data-testid="send"><Icon icon={SendHorizontal} size={22} /></button>
      </div>
      {ending && (
        <Dialog title={t("end_question")} closeLabel={t("cancel")} onClose={() => setEnding(false)}
          footer={<><button type="button" class="plain-button" onClick={() => setEnding(false)}>{t("cancel")}</button><button type="button" class="danger-button" data-testid="end-yes" onClick={() => { chat.end(); setEnding(false); }}>{t("end")}</button></>}>
          <p>{t("end_note")}</p>
        </Dialog>
      )}
    </form>
  );
}
