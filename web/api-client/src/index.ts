export * from "./protocol.ts";
export { backoffMs } from "./backoff.ts";
export { ApiClient, ApiProblem, type ApiOptions, type FieldProblem } from "./http.ts";
export { mintId } from "./ids.ts";
export { MemoryStorage, Outbox, type Acked, type OutboxEntry, type OutboxStorage } from "./outbox.ts";
export type { LineStatus, SocketLike, Timing } from "./line.ts";
export { ResumingSocket, type ResumingSocketOptions } from "./resuming-socket.ts";
export { uploadFile, type UploadOptions } from "./upload.ts";
