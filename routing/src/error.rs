//! Why a transition could not be carried out. Expected outcomes are replies, not errors.

/// The one error of this room.
#[derive(Debug, thiserror::Error)]
pub enum RoutingError {
    /// Redis cannot be reached, is loading or did not answer in time. The outcome is **unknown**:
    /// say 503 with Retry-After; the retry with the same id gives the first result.
    #[error("Redis is unavailable while calling `{function}`")]
    Unavailable {
        /// Which function was called.
        function: &'static str,
        /// Why.
        #[source]
        source: Option<redis::RedisError>,
    },
    /// Redis refuses writes: out of memory, read-only, disk full. Nothing changed.
    #[error("Redis refuses to write in `{function}`")]
    Refused {
        /// Which function was called.
        function: &'static str,
        /// Why.
        #[source]
        source: redis::RedisError,
    },
    /// The write was carried out but too few replicas confirmed it in time (profile `ha`).
    #[error("only {acked} of {wanted} replicas confirmed the write in `{function}`")]
    NotReplicated {
        /// Which function was called.
        function: &'static str,
        /// How many confirmed.
        acked: i64,
        /// How many the profile wants.
        wanted: i64,
    },
    /// A script failed: a bug, or a key of a foreign type.
    #[error("`{function}` failed inside Redis: {place}")]
    Script {
        /// Which function was called.
        function: &'static str,
        /// File and line of the Lua source, when known, and the message.
        place: String,
    },
    /// A reply that this version does not know.
    #[error("`{function}` answered {reply}, which this version does not know")]
    UnexpectedReply {
        /// Which function was called.
        function: &'static str,
        /// The reply.
        reply: String,
    },
    /// Redis holds something that cannot be read.
    #[error("what Redis holds at `{key}` cannot be read: {problem}")]
    Corrupt {
        /// The key.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// The Redis server does not fit: too old, a weaker durability than configured, a library of
    /// the same version with another text.
    #[error("this Redis cannot be used: {0}")]
    Unsuitable(String),
    /// An argument that no caller may pass.
    #[error("a bad argument: {0}")]
    BadArgument(String),
}

impl RoutingError {
    /// May the caller try the same call again, with the same ids?
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Refused { .. } | Self::NotReplicated { .. })
    }
}
