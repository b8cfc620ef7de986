/** Who is signed in. The access token lives in memory only. The rotating refresh token lives in
 * `localStorage` and every use of it runs under one lock of the browser: a desk opened in a second
 * tab is signed in too, and two tabs never spend the same token, which would end the whole family.
 * (`sessionStorage` is copied when a tab is duplicated, and then both copies are spent.) */
import { ApiClient, ApiProblem, type Schemas } from "@hutong/api-client";
import { signal } from "@preact/signals";

type SignedIn = Schemas["Session"];

export type Session =
  | { phase: "checking" }
  | { phase: "signed_out"; why: "never" | "ended" | "left" }
  | { phase: "must_change"; agent: string }
  | { phase: "signed_in"; agent: string };

const KEY = "hutong.refresh";

export const session = signal<Session>({ phase: "checking" });

let accessToken: string | null = null;
let renewTimer: ReturnType<typeof setTimeout> | undefined;
let onRenewed: (token: string) => void = () => {};
/** Only where the browser refuses to store; then a reload asks to sign in again. */
let refreshInMemory: string | null = null;

export const token = () => accessToken;

/** Tells the socket about each new access token. */
export function whenRenewed(tell: (token: string) => void) {
  onRenewed = tell;
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return refreshInMemory;
  }
}

function store(refresh: string | null) {
  refreshInMemory = refresh;
  try {
    if (refresh === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, refresh);
  } catch {
    // Kept in memory above.
  }
}

/** Without a token: signing in and renewing must not wait for themselves. */
const door = new ApiClient();

export const api = new ApiClient({ token, renew });

function take(answer: SignedIn) {
  accessToken = answer.access_token;
  store(answer.refresh_token);
  clearTimeout(renewTimer);
  renewTimer = setTimeout(() => void renew(), Math.max(15, answer.expires_in_secs * 0.8) * 1000);
  onRenewed(answer.access_token);
  const phase = answer.must_change_password ? "must_change" : "signed_in";
  const agent = answer.agent.id;
  const current = session.value;
  if (current.phase !== phase || current.agent !== agent) session.value = { phase, agent };
}

function end(why: "ended" | "left") {
  accessToken = null;
  clearTimeout(renewTimer);
  store(null);
  session.value = { phase: "signed_out", why };
}

async function locked<T>(work: () => Promise<T>): Promise<T> {
  // Plain http on an intranet has no locks; then tabs are few and the race is rare.
  return "locks" in navigator ? navigator.locks.request("hutong.refresh", work) : work();
}

let renewing: Promise<boolean> | null = null;

/** A new access token by the refresh token; false when the session is over. */
export function renew(): Promise<boolean> {
  renewing ??= locked(renewOnce).finally(() => {
    renewing = null;
  });
  return renewing;
}

async function renewOnce(): Promise<boolean> {
  const refresh = stored();
  if (refresh === null) {
    if (session.value.phase !== "signed_out") end("ended");
    return false;
  }
  try {
    take(await door.post<SignedIn>("/auth/refresh", { refresh_token: refresh }));
    return true;
  } catch (error) {
    if (error instanceof ApiProblem && [400, 401, 403].includes(error.status)) {
      end("ended");
      return false;
    }
    // No answer is not a no: try again soon.
    clearTimeout(renewTimer);
    renewTimer = setTimeout(() => void renew(), 5000);
    return false;
  }
}

/** At the start of the page. */
export async function resumeSession() {
  if (stored() === null) session.value = { phase: "signed_out", why: "never" };
  else await renew();
  window.addEventListener("storage", (event) => {
    if (event.key === KEY && event.newValue === null && session.value.phase !== "signed_out") end("left");
  });
}

export async function signIn(tenant: string, agent: string, password: string) {
  take(await door.post<SignedIn>("/auth/login", { ...(tenant ? { tenant } : {}), agent, password }));
}

export async function bootstrap(first: { code: string; agent: string; name: string; password: string }) {
  take(await door.post<SignedIn>("/auth/bootstrap", first));
}

/** Changes the password; every session ends with it, and the answer begins a new one. */
export async function changePassword(old_password: string, new_password: string) {
  take(await api.post<SignedIn>("/auth/password", { old_password, new_password }));
}

export async function signOut() {
  const refresh = stored();
  end("left");
  if (refresh !== null) await door.post("/auth/logout", { refresh_token: refresh }).catch(() => undefined);
}
