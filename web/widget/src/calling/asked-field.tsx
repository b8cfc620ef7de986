/** One labelled input, with what is wrong with it. */
import { Icon } from "@hutong/ui/icon";
import { CircleAlert } from "lucide";
import type { JSX, RefObject } from "preact";

interface Asked extends Omit<JSX.IntrinsicElements["input"], "id" | "value" | "onInput" | "ref" | "label"> {
  id: string;
  label: string;
  /** What describes it while nothing is wrong, by its id. */
  hintId?: string;
  problem: string | null;
  field: RefObject<HTMLInputElement | null>;
  value: string;
  onValue: (value: string) => void;
}

export function AskedField({ id, label, hintId, problem, field, value, onValue, ...rest }: Asked) {
  // The element's own type pairs each `type` with its roles.
  const passed: object = rest;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        ref={field}
        {...passed}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? hintId : `${id}-problem`}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {problem !== null && <Problem id={`${id}-problem`} words={problem} />}
    </div>
  );
}

export function Problem({ id, words }: { id?: string; words: string }) {
  return (
    <p id={id} class="field-problem" role="alert">
      <Icon icon={CircleAlert} size={16} />
      {words}
    </p>
  );
}
