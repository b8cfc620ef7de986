/** Who uses the app, and the proof of it by the app's own backend. Here two sample people; a real app signs people in. */

export interface Person {
  id: string;
  name: string;
}

const KEY = "yunxi:person";

export function knownPerson(): Person | null {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Person> | null;
    return typeof value?.id === "string" && typeof value.name === "string" ? { id: value.id, name: value.name } : null;
  } catch {
    return null;
  }
}

export function keepPerson(person: Person | null): void {
  try {
    if (person === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(person));
  } catch {
    // A browser that does not store asks again next time.
  }
}

/** The people whom the sample's backend knows; none where the page is served without it. */
export async function people(): Promise<Person[]> {
  const response = await fetch("./people").catch(() => null);
  if (!response?.ok || !response.headers.get("content-type")?.includes("json")) return [];
  return (await response.json()) as Person[];
}

/** A JWT about the person, signed by the backend. Fails without a network, so that the client tries again. */
export async function identityToken(): Promise<string | null> {
  const person = knownPerson();
  if (person === null) return null;
  const response = await fetch(`./token?person=${encodeURIComponent(person.id)}`, { method: "POST" });
  if (!response.ok) throw new Error("the backend vouches for nobody");
  return response.text();
}
