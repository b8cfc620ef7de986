/** The command palette and the list of keys. */
import "./palette.css";
import { Dialog } from "@hutong/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { preferences } from "../../core/preferences";
import { t, type TextKey } from "../../texts/texts";
import { allCommands } from "./commands";
import { findCommands } from "./model";
import { closePalette, palette } from "./open";

const KEYS: readonly (readonly [keys: string, text: TextKey])[] = [
  ["Ctrl K", "keys.palette"], ["?", "keys.help"], ["Enter", "keys.accept"], ["Alt Enter", "keys.accept_anywhere"], ["Esc", "keys.decline"],
  ["J", "keys.next"], ["K", "keys.previous"], ["R", "keys.reply"], ["N", "keys.note"], ["/", "keys.quick"],
  ["T", "keys.transfer"], ["S", "keys.snooze"], ["E", "keys.close"],
];

function Keys() {
  const send = preferences.value.sendBy === "enter" ? "Enter" : "Ctrl Enter";
  return (
    <Dialog title={t("keys.title")} closeLabel={t("close")} onClose={closePalette} testId="keys">
      <dl class="keys">
        {[...KEYS, [send, "keys.send"] as const, ["Shift Enter", "keys.line"] as const].map(([keys, text]) => (
          <div key={text}>
            <dt>{keys.split(" ").map((key) => <kbd class="ui-kbd" key={key}>{key}</kbd>)}</dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function Commands() {
  const [query, setQuery] = useState("");
  const [chosen, choose] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const found = findCommands(allCommands(), query, query ? 12 : 40);
  useEffect(() => choose(0), [query]);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [chosen]);
  const run = (at: number) => {
    const command = found[at];
    closePalette();
    command?.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") choose(Math.min(found.length - 1, chosen + 1));
    else if (event.key === "ArrowUp") choose(Math.max(0, chosen - 1));
    else if (event.key === "Enter") run(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t("palette.title")} closeLabel={t("close")} onClose={closePalette} testId="palette">
      <input
        class="ui-input palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${chosen}` : undefined}
        aria-label={t("palette.hint")}
        placeholder={t("palette.hint")}
        value={query}
        autoFocus
        onInput={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <ul class="palette-list" id="palette-list" role="listbox" aria-label={t("palette.title")} ref={list}>
        {found.map((command, n) => (
          <li key={command.id} id={`palette-${n}`} role="option" aria-selected={n === chosen} onMouseMove={() => choose(n)} onClick={() => run(n)}>
            <span>{command.label}</span>
            <small>{command.group}</small>
            {command.keys && <kbd class="ui-kbd">{command.keys}</kbd>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="quiet">{t("palette.none")}</p>}
    </Dialog>
  );
}

export function Palette() {
  if (palette.value === "commands") return <Commands />;
  return palette.value === "keys" ? <Keys /> : null;
}
