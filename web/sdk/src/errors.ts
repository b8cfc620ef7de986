/** Why a call of the client came to nothing. */
export type ChatErrorCode =
  /** Neither a text nor a file. */
  | "empty"
  /** More than `TEXT_BYTES_MAX` bytes. */
  | "too_long"
  /** More than `FILES_MAX` files. */
  | "too_many_files"
  /** A hundred words wait for the network already. */
  | "too_much_waiting"
  /** No session could be had: without a network, or because the identity was refused. */
  | "no_session"
  /** There is nothing to end or to rate. */
  | "no_conversation"
  /** The channel sends no Web Push. */
  | "push_not_set_up";

export class ChatError extends Error {
  override readonly name = "ChatError";

  constructor(readonly code: ChatErrorCode) {
    super(code);
  }
}
