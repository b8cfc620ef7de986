//! Every bound of the desk in one table, each with its reason.

/// The longest message text, in bytes: a long letter fits, a pasted log does not.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// The longest text of a letter that the desk writes, in bytes: a transcript is many messages.
pub const LETTER_TEXT_BYTES_MAX: usize = 128 * 1024;
/// The longest frame on a socket, in bytes: a message of the longest text, escaped, and its frame.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// The longest JSON body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// What an outside network may call us with at once, in bytes: a hundred events of Matrix of average size.
pub const CALLBACK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The largest uploaded file, in bytes.
pub const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;
/// The most files in one message.
pub const FILES_PER_MESSAGE_MAX: usize = 10;
/// The longest client-minted message id, in bytes.
pub const CLIENT_ID_BYTES_MAX: usize = 64;
/// The longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;
/// The most frames waiting for one slow socket; more closes it with a resume hint.
pub const SOCKET_OUTBOX_FRAMES_MAX: usize = 256;
/// The most bytes waiting for one slow socket.
pub const SOCKET_OUTBOX_BYTES_MAX: usize = 256 * 1024;
/// The most agents excluded from one conversation after declining; the oldest is forgiven first.
pub const EXCLUDED_AGENTS_MAX: usize = 16;
/// The most messages in one page of history.
pub const PAGE_MESSAGES_MAX: usize = 200;
/// How long a message id of an outside network is remembered, in milliseconds (30 days).
pub const DEDUPE_MS: i64 = 30 * 24 * 3_600_000;
/// The most steps of a plan.
pub const PLAN_STEPS_MAX: usize = 16;
/// The most skills of one agent or one need.
pub const SKILLS_MAX: usize = 64;
/// How often a deliverer tries before the dead letter.
pub const DELIVERY_TRIES_MAX: u32 = 10;
