/** One letter that could not come in: what it is, why it is stuck, and what can be done. */
import type { QuarantinedLetter } from "@hutong/api-client";
import { Badge, Button, Dialog, exactText, Spinner } from "@hutong/ui";
import { Download, RefreshCw, Settings2, Trash2 } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { channelName, mayAs } from "../../core/names";
import { goTo } from "../../core/navigation";
import { locale } from "../../core/preferences";
import { problemText } from "../../core/problems";
import { t } from "../../texts/texts";
import { saveAs } from "../conversation/files";
import { bytesText } from "../conversation/model";
import { addressText } from "./model";
import { heads, lookAtHead } from "./stuck-heads";
import { waysOf, type LetterHead, type Way } from "./stuck.model";
import type { Quarantine } from "./stuck-store";

/** What stands for a letter: its subject once somebody looked at it, else the kind of thing that it is. */
export function titleText(one: QuarantinedLetter, head: LetterHead | undefined): string {
  if (head?.subject) return head.subject;
  if (head) return t("mail.no_subject");
  return one.reason === "report" ? t("letters.report_title") : one.mail_from || t("letters.from_nobody");
}

/** `from → to`, as far as it is known. */
export function peopleText(one: QuarantinedLetter, head: LetterHead | undefined): string {
  const from = head?.from[0] ? addressText(head.from[0]) : one.mail_from ?? "";
  const to = one.rcpt_to[0] ?? head?.to[0]?.address ?? channelName(one.channel);
  // Whoever stands above already need not be said twice.
  return from && from !== titleText(one, head) ? t("letters.from_to", { from, to }) : t("letters.to_only", { to });
}

function useHead(id: string) {
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let current = true;
    lookAtHead(id).catch((error: unknown) => current && setProblem(problemText(error)));
    return () => {
      current = false;
    };
  }, [id]);
  return { head: heads.value.get(id), problem };
}

function List({ facts }: { facts: readonly (readonly [name: string, value: string])[] }) {
  return <dl class="stuck-facts">{facts.filter(([, value]) => value).map(([name, value]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={name}>{value}</dd>])}</dl>;
}

function Facts({ one, head }: { one: QuarantinedLetter; head: LetterHead | undefined }) {
  const listed = (people: readonly { address: string }[]) => people.map(addressText).join(t("list.comma"));
  return (
    <List facts={[
      [t("mail.from"), head ? listed(head.from) : one.mail_from ?? ""],
      [t("letters.rcpt_to"), (head && listed(head.to)) || one.rcpt_to.join(t("list.comma"))],
      [t("letters.channel"), channelName(one.channel)],
      [t("letters.size"), bytesText(one.bytes)],
      [t("letters.received"), exactText(one.received_at, locale())],
      [t("letters.tries"), String(one.tries)],
    ]} />
  );
}

/** The gateway's own words are for those who run it, in one language. */
function Technical({ one }: { one: QuarantinedLetter }) {
  return (
    <details class="stuck-technical" data-testid="stuck-technical">
      <summary>{t("letters.technical")}</summary>
      {one.detail && <p lang="en" class="stuck-detail-text">{one.detail}</p>}
      <List facts={[
        [t("letters.mail_from"), one.mail_from || t("letters.from_nobody")],
        [t("letters.rcpt_to"), one.rcpt_to.join(t("list.comma"))],
        [t("letters.place"), one.place],
        [t("letters.name"), one.id],
      ]} />
    </details>
  );
}

function Sure({ onYes, onClose }: { onYes: () => void; onClose: () => void }) {
  return (
    <Dialog title={t("letters.give_up_title")} closeLabel={t("close")} onClose={onClose} testId="give-up-dialog"
      footer={<>
        <Button onClick={onClose}>{t("letters.keep")}</Button>
        <Button look="danger" icon={Trash2} onClick={onYes} data-testid="give-up-sure">{t("letters.give_up")}</Button>
      </>}>
      <p>{t("letters.give_up_text")}</p>
    </Dialog>
  );
}

const WAYS = {
  retry: { icon: RefreshCw, words: "letters.retry", testId: "stuck-retry" },
  download: { icon: Download, words: "letters.original", testId: "stuck-download" },
  give_up: { icon: Trash2, words: "letters.give_up", testId: "stuck-give-up" },
  channel: { icon: Settings2, words: "letters.open_channel", testId: "stuck-channel" },
} as const;

function Ways({ one, quarantine }: { one: QuarantinedLetter; quarantine: Quarantine }) {
  const [busy, setBusy] = useState<Way | null>(null);
  const [asks, setAsks] = useState(false);
  const run = async (way: Way, work: () => Promise<void>) => {
    setBusy(way);
    await work();
    setBusy(null);
  };
  const take = (way: Way) => {
    if (way === "retry") void run(way, () => quarantine.retry(one.id));
    else if (way === "download") void run(way, () => saveAs(`/quarantine/${encodeURIComponent(one.id)}/original`, `${one.id}.eml`));
    else if (way === "channel") goTo({ page: "admin", kind: "channels", id: one.channel });
    else setAsks(true);
  };
  return (
    <div class="stuck-ways">
      {waysOf(one.reason, mayAs("admin")).map((way, n, all) => {
        const { icon, words, testId } = WAYS[way];
        return <Button key={way} look={n === 0 ? "primary" : n === all.length - 1 ? "quiet" : "plain"} icon={icon} busy={busy === way} disabled={busy !== null} onClick={() => take(way)} data-testid={testId}>{t(words)}</Button>;
      })}
      {asks && <Sure onClose={() => setAsks(false)} onYes={() => { setAsks(false); void run("give_up", () => quarantine.giveUp(one.id)); }} />}
    </div>
  );
}

export function StuckLetter({ one, quarantine }: { one: QuarantinedLetter; quarantine: Quarantine }) {
  const { head, problem } = useHead(one.id);
  return (
    <article class="stuck-letter" data-testid="stuck-letter" data-reason={one.reason}>
      <header>
        <h2>{titleText(one, head)}</h2>
        <Badge tone="overdue">{t(`letters.reason.${one.reason}`)}</Badge>
        {!head && !problem && <Spinner size={14} label={t("loading")} />}
      </header>
      <p class="stuck-why">{t(`letters.why.${one.reason}`)}</p>
      <Ways one={one} quarantine={quarantine} />
      {problem && <p class="letter-problem" role="alert">{t("mail.letter_failed", { why: problem })}</p>}
      <Facts one={one} head={head} />
      <Technical one={one} />
    </article>
  );
}
