/** What the loader on the host page and the panel in its iframe say to one another. */

/** From the host page to the panel. */
export type HostMessage =
  /** The panel is seen, or not. */
  | { hutong: 1; type: "shown"; page: string }
  | { hutong: 1; type: "hidden" }
  /** The website's backend vouches for the person. */
  | { hutong: 1; type: "identify"; token: string }
  /** The person is gone: nothing of them may stay. */
  | { hutong: 1; type: "reset" };

/** From the panel to the host page. */
export type PanelMessage =
  /** The panel listens now. */
  | { hutong: 1; type: "ready" }
  /** The person wants it closed. */
  | { hutong: 1; type: "close" }
  /** So many messages are unread. */
  | { hutong: 1; type: "unread"; count: number }
  /** There is an open conversation: load the panel on the next page without being asked. */
  | { hutong: 1; type: "active"; value: boolean }
  /** The desk's own colour and corner, where the page says nothing. */
  | { hutong: 1; type: "theme"; color: string; corner: "left" | "right" };

/** The frame's address parameters. */
export const FRAME_PARAMS = { channel: "channel", locale: "locale", origin: "origin", color: "color" } as const;

/** Does this look like one of our messages? What it says is checked where it is used. */
export function isOurs(data: unknown): data is { hutong: 1; type: string } & Record<string, unknown> {
  return (
    typeof data === "object" && data !== null && "hutong" in data && data.hutong === 1 &&
    "type" in data && typeof data.type === "string"
  );
}
