/** Addresses as chips: typed or pasted, each removable, checked as they are typed. */
import type { MailAddress } from "@hutong/api-client";
import { IconButton } from "@hutong/ui";
import { X } from "lucide";
import { useId, useRef } from "preact/hooks";
import { t } from "../../texts/texts";
import { addressText, readAddresses, sameAddress, withAddresses } from "./model";

/** What ends an address while it is typed. */
const ENDS = /[,;，；、\n]$/u;

export function Chips({ label, people, onPeople, typed, onTyped, known, testId }: {
  label: string;
  people: readonly MailAddress[];
  onPeople: (people: readonly MailAddress[]) => void;
  /** What is typed and no chip yet. */
  typed: string;
  onTyped: (text: string) => void;
  /** Proposals. */
  known: readonly MailAddress[];
  testId: string;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  /** Makes chips of what can be read; what cannot stays as it is typed. */
  const take = (text: string) => {
    const { found, bad } = readAddresses(text);
    if (found.length > 0) onPeople(withAddresses(people, found));
    onTyped(bad.join(", "));
  };
  const onText = (text: string) => {
    const isProposal = known.some((one) => addressText(one) === text);
    if (isProposal || ENDS.test(text)) take(text);
    else onTyped(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      take(typed);
    } else if (event.key === "Backspace" && typed === "" && people.length > 0) onPeople(people.slice(0, -1));
  };
  const remove = (one: MailAddress) => {
    onPeople(people.filter((each) => each !== one));
    input.current?.focus();
  };
  const proposals = known.filter((one) => !people.some((each) => sameAddress(each, one)));
  const bad = typed !== "" && readAddresses(typed).bad.length > 0;
  return (
    <div class="mail-row" data-testid={testId}>
      <label for={id}>{label}</label>
      <div class="chips">
        {people.map((one) => (
          <span key={one.address} class="chip" title={addressText(one)} data-testid="chip">
            <span>{one.name || one.address} {one.name && <small>{one.address}</small>}</span>
            <IconButton icon={X} size={12} label={t("mail.chip_remove", { who: addressText(one) })} onClick={() => remove(one)} />
          </span>
        ))}
        <input
          ref={input} id={id} type="text" inputMode="email" autoComplete="off" spellcheck={false} value={typed} list={`${id}-known`}
          placeholder={people.length === 0 ? t("mail.add_to") : ""} title={t("mail.chip_hint")}
          onInput={(event) => onText(event.currentTarget.value)} onKeyDown={onKeyDown}
          onBlur={() => typed !== "" && take(typed)}
          {...(bad ? { "aria-invalid": true as const } : {})}
        />
        <datalist id={`${id}-known`}>{proposals.map((one) => <option key={one.address} value={addressText(one)} />)}</datalist>
      </div>
    </div>
  );
}
