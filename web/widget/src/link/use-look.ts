/** Looks at the call again and again while the page is seen. */
import { ApiProblem, type ApiClient } from "@hutong/api-client";
import { useEffect, useMemo, useState } from "preact/hooks";
import { troubleOf, type Look, type Trouble } from "./model.ts";

/** How often it is looked, in milliseconds. */
const EVERY_MS = 15_000;

export interface Looking {
  look: Look | null;
  /** When it was seen, in milliseconds. */
  seenAt: number;
  trouble: Trouble | null;
  /** Looks now. */
  again: () => Promise<void>;
}

type Seen = Omit<Looking, "again">;

const NOTHING: Seen = { look: null, seenAt: 0, trouble: null };

/** One look after the other; a look that a later one overtook counts no more. */
class Watch {
  private timer = 0;
  private turn = 0;
  private pauseMs = EVERY_MS;

  constructor(private readonly api: ApiClient, private readonly token: string, private readonly tell: (change: (before: Seen) => Seen) => void) {}

  readonly look = async (): Promise<void> => {
    clearTimeout(this.timer);
    const turn = (this.turn += 1);
    const seen = await this.see();
    if (turn !== this.turn) return;
    this.tell((before) => ({ ...before, ...seen }));
    // A link that is none will not become one.
    if (seen.trouble !== "unknown" && document.visibilityState === "visible") this.timer = window.setTimeout(() => void this.look(), this.pauseMs);
  };

  readonly shown = (): void => {
    if (document.visibilityState === "visible") void this.look();
    else clearTimeout(this.timer);
  };

  end(): void {
    clearTimeout(this.timer);
    this.turn += 1;
  }

  private async see(): Promise<Partial<Seen>> {
    this.pauseMs = EVERY_MS;
    try {
      return { look: await this.api.get<Look>(`/phone/requests/${encodeURIComponent(this.token)}`), seenAt: Date.now(), trouble: null };
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "network", "");
      this.pauseMs = Math.max(EVERY_MS, problem.retryAfterMs ?? 0);
      const trouble = troubleOf(problem.status, problem.code);
      return trouble === "unknown" ? { trouble, look: null } : { trouble };
    }
  }
}

export function useLook(api: ApiClient, token: string): Looking {
  const [seen, setSeen] = useState(NOTHING);
  const watch = useMemo(() => new Watch(api, token, setSeen), [api, token]);
  useEffect(() => {
    setSeen(token === "" ? { ...NOTHING, trouble: "unknown" } : NOTHING);
    if (token === "") return undefined;
    void watch.look();
    document.addEventListener("visibilitychange", watch.shown);
    window.addEventListener("online", watch.shown);
    return () => {
      watch.end();
      document.removeEventListener("visibilitychange", watch.shown);
      window.removeEventListener("online", watch.shown);
    };
  }, [watch, token]);
  return { ...seen, again: watch.look };
}
