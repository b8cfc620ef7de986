export { ChatClient, TEXT_BYTES_MAX } from "./client.ts";
export type { ChatEvents, ChatOptions, Words } from "./options.ts";
export { type Transport } from "./chat-line.ts";
export { Connection, RETRY_MS, type ConnectionOwner, type ConnectionPorts, type Kept } from "./connection.ts";
export { type DeviceToken, type PushRegistration } from "./devices.ts";
export { FILES_MAX, isPicture, refusal, sizeText } from "./files.ts";
export { rowsOf, type Row } from "./timeline.ts";
export { placeWords, waitWords, type Words as WaitWords } from "./wait.ts";
export { ChatError, type ChatErrorCode } from "./errors.ts";
export {
  emptyLog, fromAgent, lastSeq, logAfter, merged, ofAnother, over, toReceive, TYPING_MS, unreadOf, withEarlier, withFailed, withSeen, type ChatLog, type Outgoing,
} from "./log.ts";
export type * from "./words.ts";
export { ChatStorage, loadStorage, memoryStorage, type AsyncKeyValue, type KeyValue, type StoredVisitor } from "./storage.ts";
export { ApiProblem, localized } from "@hutong/api-client";
export type { ChatChannel, ChatState, ChatTopic, FileRef, LineStatus, Locale, Localized, Message, Position, SocketLike, WidgetFrame } from "@hutong/api-client";
