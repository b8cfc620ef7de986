/** What an app gives to the client, and what it hears from it. */
import type { ChatState, FileRef, LineStatus, Locale, Message, SocketLike } from "@hutong/api-client";
import type { Transport } from "./chat-line.ts";
import type { ChatLog } from "./log.ts";
import type { KeyValue } from "./storage.ts";

export interface ChatOptions {
  /** The desk's address, such as `https://help.city.example`. */
  url: string;
  /** The channel's name at the desk. */
  channel: string;
  /** Asks the app's backend for a JWT about the person; again whenever a session is needed. Null: nobody is signed in. */
  identityToken?: () => Promise<string | null>;
  locale?: Locale;
  /** What the person is called, where no backend vouches for them. */
  name?: string;
  appVersion?: string;
  /** `localStorage` when absent; see `loadStorage` for React Native. */
  storage?: KeyValue;
  fetch?: typeof fetch;
  /** For systems without a `WebSocket` of their own. */
  WebSocket?: new (url: string) => SocketLike;
  now?: () => number;
  random?: () => number;
}

export interface ChatEvents {
  /** A message that was not known before. `fresh`: it was said just now, or while the line was down. */
  message: { message: Message; conversation: string; fresh: boolean };
  /** The conversation's state became another. */
  state: ChatState;
  status: { line: LineStatus; transport: Transport };
  /** An agent is typing, or stopped. */
  typing: boolean;
  read: { by: "agent" | "contact"; seq: number };
  /** Something that was said came to nothing; `resend` tries again, `discard` forgets it. */
  refused: { clientId: string; code: string };
  signedIn: { contact: string; verified: boolean };
  signedOut: undefined;
  /** Anything that is shown may be another. */
  change: ChatLog;
}

/** What is said. */
export interface Words {
  text?: string;
  /** What `upload` made. */
  files?: readonly FileRef[];
  /** Needed for the first word of a conversation. */
  topic?: string | null;
  requestType?: string | null;
}
