/** Chooses one of many by search: radio buttons in a list that scrolls. */
import { Avatar, Field, Icon } from "@hutong/ui";
import { Users } from "lucide";
import { useState } from "preact/hooks";
import { t } from "../../texts/texts";
import { search } from "./model";

export interface Pick {
  id: string;
  name: string;
  group: string;
  hint?: string;
  /** Queues carry an icon, people a face. */
  face: "person" | "queue";
}

export function Picker({ label, picks, chosen, onChoose }: {
  label: string;
  picks: readonly Pick[];
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const [query, setQuery] = useState("");
  const found = search(picks, query);
  const groups = [...new Set(found.map((pick) => pick.group))];
  return (
    <div>
      <Field bare label={label} placeholder={label} type="search" value={query} onValue={setQuery} autoFocus />
      <div class="picker" role="radiogroup" aria-label={label}>
        {groups.map((group) => (
          <div key={group}>
            <p class="picker-group">{group}</p>
            {found.filter((pick) => pick.group === group).map((pick) => (
              <label key={pick.id} class="picker-row">
                <input type="radio" name="pick" value={pick.id} checked={pick.id === chosen} onChange={() => onChoose(pick.id)} />
                {pick.face === "person" ? <Avatar name={pick.name} seed={pick.id.replace(/^agent:/u, "")} size={24} /> : <Icon icon={Users} />}
                <span>{pick.name}</span>
                {pick.hint && <small>{pick.hint}</small>}
              </label>
            ))}
          </div>
        ))}
        {found.length === 0 && <p class="picker-none">{t("picker.none")}</p>}
      </div>
    </div>
  );
}
