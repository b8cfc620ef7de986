import "./spinner.css";

/** Turns while something is on its way; the words beside it say what. */
export function Spinner({ size = 16, label }: { size?: number; label?: string }) {
  return (
    <span class="ui-spinner-row" {...(label ? { role: "status" } : { "aria-hidden": true })}>
      <span class="ui-spinner" style={{ width: `${size}px`, height: `${size}px` }} />
      {label && <span>{label}</span>}
    </span>
  );
}
