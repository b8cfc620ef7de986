/** The letters that this tab holds, kept where a reload finds them. */
import { signal } from "@preact/signals";
import { sendLetter } from "../../core/actions";
import { logs } from "../../core/store";
import { bringBack } from "../conversation/drafts";
import { Holding, type Held, type HeldStore } from "./undo.model";

const PREFIX = "hutong.held.";

export const held = signal<readonly Held[]>([]);

function parse(text: string | null): Held[] {
  try {
    const one = JSON.parse(text ?? "null") as Partial<Held> | null;
    const whole = typeof one?.client_id === "string" && typeof one.conversation === "string" && typeof one.text === "string"
      && typeof one.until === "number" && Array.isArray(one.files) && Array.isArray(one.mail?.to);
    return whole ? [one as Held] : [];
  } catch {
    return [];
  }
}

/** In a browser that stores nothing, a letter lives in this page alone. */
function storeFor(agent: string): HeldStore {
  const prefix = `${PREFIX}${agent}.`;
  const inMemory = new Set<string>();
  return {
    all: () => {
      try {
        return Object.keys(localStorage).filter((key) => key.startsWith(prefix)).flatMap((key) => parse(localStorage.getItem(key)));
      } catch {
        return [];
      }
    },
    put: (one) => {
      try {
        localStorage.setItem(prefix + one.client_id, JSON.stringify(one));
      } catch {
        inMemory.add(one.client_id);
      }
    },
    take: ({ client_id }) => {
      if (inMemory.delete(client_id)) return true;
      try {
        const there = localStorage.getItem(prefix + client_id) !== null;
        localStorage.removeItem(prefix + client_id);
        return there;
      } catch {
        return false;
      }
    },
  };
}

/** Is a letter said and not yet acknowledged? It lives in this tab alone. */
function waitsUnsent(): boolean {
  return [...logs.value.values()].some((log) => log.pending.some((one) => one.mail !== undefined && one.state === "pending"));
}

let holding: Holding | null = null;

function asDraft(agent: string, { conversation, text, files, mail, all }: Held) {
  const { to, cc = [], subject } = mail;
  bringBack(agent, conversation, { text, note: false, files, mail: { all, to, cc, subject: subject ?? "", edited: true } });
}

/** Begins to hold for an agent; the answer ends it, and makes drafts of what is held. */
export function startHolding(agent: string): () => void {
  const current = new Holding({
    store: storeFor(agent),
    say: sendLetter,
    keep: (one) => asDraft(agent, one),
    later: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    now: () => Date.now(),
    onChange: (all) => {
      held.value = all;
    },
  });
  holding = current;
  current.recover();
  const leave = () => current.leave();
  const warn = (event: BeforeUnloadEvent) => {
    if (held.value.length > 0 || waitsUnsent()) event.preventDefault();
  };
  addEventListener("pagehide", leave);
  addEventListener("beforeunload", warn);
  return () => {
    removeEventListener("pagehide", leave);
    removeEventListener("beforeunload", warn);
    leave();
    holding = null;
  };
}

export const holdLetter = (one: Held) => holding?.hold(one);
export const undoLetter = (id: string) => holding?.undo(id) ?? false;
export const sendNow = (id: string) => holding?.send(id);
