/** One labelled input, text area, select or check box, with its hint and its problem. */
import "./field.css";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FrameProps {
  label: string;
  hint?: ComponentChildren;
  problem?: string | undefined;
  /** The label is spoken but not shown. */
  bare?: boolean | undefined;
}

function describedBy(id: string, hint: unknown, problem: unknown) {
  const ids = [hint ? `${id}-hint` : "", problem ? `${id}-problem` : ""].filter(Boolean).join(" ");
  return {
    ...(ids ? { "aria-describedby": ids } : {}),
    ...(problem ? { "aria-invalid": true as const } : {}),
  };
}

function Frame({ id, label, hint, problem, bare, children }: FrameProps & { id: string; children: ComponentChildren }) {
  return (
    <div class="ui-field">
      <label class={bare ? "ui-sr" : "ui-field-label"} for={id}>
        {label}
      </label>
      {children}
      {hint && (
        <p class="ui-field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem && (
        <p class="ui-field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

/** What may be passed on to the element itself. */
interface Passed {
  name?: string;
  required?: boolean;
  disabled?: boolean;
  autoFocus?: boolean;
  placeholder?: string;
  autoComplete?: string;
  maxLength?: number;
  spellcheck?: boolean;
  "data-testid"?: string;
  onBlur?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

export interface FieldProps extends FrameProps, Passed {
  type?: "text" | "password" | "number" | "url" | "search" | "date" | "time" | "datetime-local";
  min?: string;
  max?: string;
  inputMode?: "numeric" | "text";
  value: string;
  onValue: (value: string) => void;
}

export function Field({ label, hint, problem, bare, value, onValue, ...rest }: FieldProps) {
  const id = useId();
  // The element's own type pairs each `type` with its roles; the attributes are checked above.
  const passed: object = rest;
  return (
    <Frame id={id} label={label} hint={hint} problem={problem} bare={bare}>
      <input
        class="ui-input"
        {...passed}
        id={id}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        {...describedBy(id, hint, problem)}
      />
    </Frame>
  );
}

export interface TextAreaProps extends FrameProps, Passed {
  rows?: number;
  value: string;
  onValue: (value: string) => void;
}

export function TextArea({ label, hint, problem, bare, value, onValue, ...rest }: TextAreaProps) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} problem={problem} bare={bare}>
      <textarea
        class="ui-input ui-textarea"
        rows={3}
        {...rest}
        id={id}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        {...describedBy(id, hint, problem)}
      />
    </Frame>
  );
}

export interface Choice {
  value: string;
  label: string;
}

export interface SelectProps extends FrameProps, Passed {
  value: string;
  onValue: (value: string) => void;
  choices: readonly Choice[];
}

export function Select({ label, hint, problem, bare, value, onValue, choices, ...rest }: SelectProps) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} problem={problem} bare={bare}>
      <select
        class="ui-input ui-select"
        {...rest}
        id={id}
        value={value}
        onChange={(event) => onValue(event.currentTarget.value)}
        {...describedBy(id, hint, problem)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Frame>
  );
}

export function CheckBox({ label, hint, value, onValue, disabled }: {
  label: string;
  hint?: string;
  value: boolean;
  onValue: (value: boolean) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div class="ui-check">
      <input
        id={id}
        type="checkbox"
        checked={value}
        disabled={disabled === true}
        onChange={(event) => onValue(event.currentTarget.checked)}
        {...describedBy(id, hint, undefined)}
      />
      <div>
        <label for={id}>{label}</label>
        {hint && (
          <p class="ui-field-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
