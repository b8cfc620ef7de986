/** Who uses the app: a real one has the agency's own sign-in here. */
import { Avatar } from "@hutong/ui";
import { useEffect, useState } from "preact/hooks";
import { keepPerson, people, type Person } from "../person.ts";
import { useApp } from "../state.ts";

export function SignIn() {
  const { app, chat, t } = useApp();
  const [known, setKnown] = useState<Person[]>([]);
  useEffect(() => void people().then(setKnown), []);
  const enter = (person: Person | null) => {
    keepPerson(person);
    if (person === null) sessionStorage.setItem("yunxi:guest", "1");
    app.set({ person, view: "home", problem: null });
    void chat.start();
  };
  return (
    <main class="page">
      <h2 class="page-title">{t("sign_in")}</h2>
      <p class="soft">{t("sign_in_note")}</p>
      <ul class="tiles">
        {known.map((person) => (
          <li key={person.id}>
            <button type="button" class="tile" onClick={() => enter(person)} data-testid="person">
              <Avatar name={person.name} seed={person.id} size={44} /><span class="tile-words"><b>{person.name}</b></span>
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="wide-button" onClick={() => enter(null)} data-testid="guest">{t("sign_in_guest")}</button>
    </main>
  );
}
