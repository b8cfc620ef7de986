/** What of a letter is fetched only when it is wanted: quotes, the sender's formatting, headers, the bytes. */
import type { Letter, MailHead, Message } from "@hutong/api-client";
import { Button, Dialog, type IconNode } from "@hutong/ui";
import { Download, ListTree, Palette, Quote, Type } from "lucide";
import { useState } from "preact/hooks";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { t, type TextKey } from "../../texts/texts";
import { Text } from "../conversation/text";
import { Files, saveAs } from "../conversation/files";
import { Formatted } from "./frame";
import { headerName } from "./headers.model";

type Part = "rest" | "html" | "headers" | "text";

interface WholeProps {
  conversation: string;
  message: Message;
  head: MailHead;
}

function useLetter({ conversation, message }: WholeProps) {
  const [letter, setLetter] = useState<Letter | null>(null);
  const [images, setImages] = useState(false);
  const [busy, setBusy] = useState<Part | "images" | null>(null);
  const [problem, setProblem] = useState("");
  const load = async (part: Part | "images") => {
    if (letter && part !== "images") return true;
    setBusy(part);
    setProblem("");
    try {
      const query = part === "images" ? { images: true } : {};
      setLetter(await api.get<Letter>(`/conversations/${conversation}/letters/${message.seq}`, query));
      setImages(part === "images");
      return true;
    } catch (error) {
      setProblem(problemText(error));
      return false;
    } finally {
      setBusy(null);
    }
  };
  return { letter, images, busy, problem, load };
}

function Headers({ letter, onClose }: { letter: Letter; onClose: () => void }) {
  return (
    <Dialog title={t("mail.headers_title")} closeLabel={t("close")} onClose={onClose} wide testId="letter-headers">
      <table class="letter-headers">
        <thead><tr><th scope="col">{t("mail.header_name")}</th><th scope="col">{t("mail.header_value")}</th></tr></thead>
        <tbody>{letter.headers.map((field, n) => <tr key={n}><th scope="row">{headerName(field.name)}</th><td>{field.value}</td></tr>)}</tbody>
      </table>
    </Dialog>
  );
}

interface MoreProps {
  head: MailHead;
  name: string;
  busy: Part | "images" | null;
  shows: (part: Part) => boolean;
  toggle: (part: Part) => void;
}

/** The ways to what the log does not keep. */
function More({ head, name, busy, shows, toggle }: MoreProps) {
  const { original } = head;
  if (!original) return null;
  const formatted = shows("html");
  const way = (part: Part, icon: IconNode, words: TextKey, testId: string) => (
    <Button size="s" look="quiet" icon={icon} busy={busy === part} {...(part === "headers" ? {} : { "aria-expanded": shows(part) })} onClick={() => toggle(part)} data-testid={testId}>{t(words)}</Button>
  );
  return (
    <div class="letter-more">
      {head.is_cut && !formatted && !shows("text") && way("text", Type, "mail.whole_show", "letter-whole")}
      {head.has_rest && !formatted && way("rest", Quote, shows("rest") ? "mail.quoted_hide" : "mail.quoted_show", "letter-quoted")}
      {head.has_html && way("html", formatted ? Type : Palette, formatted ? "mail.html_hide" : "mail.html_show", "letter-formatted")}
      {way("headers", ListTree, "mail.headers", "letter-headers-open")}
      <Button size="s" look="quiet" icon={Download} onClick={() => void saveAs(`/files/${encodeURIComponent(original)}`, name)}>{t("mail.download")}</Button>
    </div>
  );
}

/** The text as the log keeps it, and the ways to more. */
export function Body(props: WholeProps) {
  const { message, head } = props;
  const { letter, images, busy, problem, load } = useLetter(props);
  const [open, setOpen] = useState<ReadonlySet<Part>>(new Set());
  const toggle = async (part: Part) => {
    const next = new Set(open);
    if (next.delete(part)) setOpen(next);
    else if (await load(part)) setOpen(new Set(open).add(part));
  };
  const shows = (part: Part) => letter !== null && open.has(part);
  const formatted = shows("html");
  const text = shows("text") ? letter?.text : message.text;
  return (
    <>
      {!formatted && text && <Text text={text} />}
      {letter && formatted && <Formatted letter={letter} images={images} busy={busy === "images"} onImages={() => void load("images")} />}
      {letter && !formatted && shows("rest") && <blockquote class="letter-rest" data-testid="letter-rest"><Text text={letter.rest} /></blockquote>}
      {message.files && message.files.length > 0 && <Files files={message.files} />}
      {problem && <p class="letter-problem" role="alert">{t("mail.letter_failed", { why: problem })}</p>}
      <More head={head} name={`${message.id}.eml`} busy={busy} shows={shows} toggle={(part) => void toggle(part)} />
      {letter && shows("headers") && <Headers letter={letter} onClose={() => void toggle("headers")} />}
    </>
  );
}
