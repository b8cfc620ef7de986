/** The panel's side of the talk with the page that embeds it. */
import { isOurs, type HostMessage, type PanelMessage } from "./wire.ts";

/** What the page tells the panel. */
export interface HostEvents {
  onShown: (shown: boolean, page: string | null) => void;
  onIdentify: (token: string) => void;
  onReset: () => void;
}

/** The longest address and token that are taken from a page. */
const TEXT_MAX = 8192;

/**
 * Talks only to the parent window, and only while it has the origin that the frame was made for. The
 * origin comes from the frame's address, which a hostile page could write; but then its own messages
 * do not come from that origin, and ours do not reach it. Who may embed at all is the gateway's say
 * (`frame-ancestors`).
 */
export class Host {
  constructor(
    private readonly origin: string,
    private readonly self: Window = window,
  ) {}

  listen(events: HostEvents): void {
    this.self.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (event.origin !== this.origin || event.source !== this.self.parent) return;
      if (isOurs(event.data)) heard(event.data as Partial<HostMessage>, events);
    });
    this.tell({ hutong: 1, type: "ready" });
  }

  tell(message: PanelMessage): void {
    if (this.embedded) this.self.parent.postMessage(message, this.origin);
  }

  /** Opened as a page of its own, there is nobody to talk to. */
  get embedded(): boolean {
    return this.self.parent !== this.self && this.origin !== "";
  }
}

function heard(message: Partial<HostMessage>, events: HostEvents): void {
  if (message.type === "shown") {
    events.onShown(true, pageOf(message.page));
  } else if (message.type === "hidden") {
    events.onShown(false, null);
  } else if (message.type === "identify" && typeof message.token === "string" && message.token.length <= TEXT_MAX) {
    events.onIdentify(message.token);
  } else if (message.type === "reset") {
    events.onReset();
  }
}

/** The page without its query: that may hold what is not meant for an agent. */
function pageOf(page: unknown): string | null {
  if (typeof page !== "string" || page.length > TEXT_MAX) return null;
  try {
    const url = new URL(page);
    return url.protocol === "https:" || url.protocol === "http:" ? url.origin + url.pathname : null;
  } catch {
    return null;
  }
}
