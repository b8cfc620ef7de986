//! Every Redis key of a tenant. All carry the hash tag `{tenant}`, so that a transition stays in
//! one Cluster slot.
//!
//! | key | type | holds |
//! | --- | --- | --- |
//! | `conv:ID` | hash | a conversation's state, most of it packed (`packed.rs`) |
//! | `log:ID` | list | its messages since the last archiving; seq = `base` + place |
//! | `open:CHANNEL:CONTACT` | string | the contact's conversation on a channel |
//! | `thread:CHANNEL:NAME` | string, expires | the conversation of a letter |
//! | `seen:…` | string, expires | where a message with this outside id stands |
//! | `lane:LANE` | zset by due time | those who wait with the same need |
//! | `heads`, `heads:AGENT` | zset by due time | the first of each lane; sticky lanes apart |
//! | `waiting:QUEUE` | zset by due time | those who wait in a queue |
//! | `queues`, `agents` | set | names seen |
//! | `agent:ID` | hash | an agent's presence, load, skills, packed likewise |
//! | `held:ID`, `resting:ID` | set | what an agent holds (offered, active, wrap-up), what rests |
//! | `idle:GROUP`, `turn:GROUP` | zset | ready agents who are alike to the matcher |
//! | `ready` | zset | the groups, by whoever is idle longest |
//! | `profiles`, `online`, `handling` | hash | skill texts, who is at work, mean handling time |
//! | `timers` | zset by time | `w` plan · `o` offer · `u` wrap-up · `z` rest · `s` opening · `c` reminder of a callback · `h` heartbeat · `m` match |
//! | | | members are `kind:id`; `w`, `z` and `s` have the due time in between, which settles ties |
//! | `timers_failed` | zset by time | timers that failed and were put aside |
//! | `closed` | zset | conversations to archive |
//! | `events` | stream | the commits |
//! | `delivery:ID`, `box:ENDPOINT`, `boxes`, `boxes:PROVIDER`, `dead` | hash, zsets | the outbox |
//! | `duty:NAME`, `cursors` | hash | duties and how far their owners read |
//! | `bookmarks` | hash | how far doors have read at the far end |
//! | `shelf:CHANNEL:NAME` | string, expires | what the gateways share of a channel: access tokens, turns |
//! | `unread` | zset by time | when to look whether a contact who left an address has read |
//! | `unpushed` | zset by time | since when words to an app's user wait to be read or pushed |
//! | `places` | zset by time | when to look whether what a waiting contact was told of the queue is still so |
//! | `addresses:ID` | set, expires | names of the addresses that a contact named in a conversation |
//! | `here:CONTACT` | zset by time, expires | the contact's sockets on the line; `DEVICE/SOCKET` those of apps in the foreground |
//! | `callback:ID` | hash | the callback of a conversation, and its call |
//! | `callback_numbers` | hash | the conversation for which each number is to be rung |
//! | `calls:LINE` | zset by time | the conversations that have a call on a phone channel's line |
//! | `rate:…`, `once:…` | expire | rate limits, idempotency keys |
//! | `meta` | hash | the epoch of this history, counters, the settings' version |

use domain::{AgentId, ChannelId, ContactId, ConversationId, QueueId, TenantId};

/// The tag that every key of the tenant starts with; it is the one KEY of each Function.
pub fn tag(tenant: &TenantId) -> String {
    format!("{{{tenant}}}")
}

/// Any key of the tenant.
pub fn key(tenant: &TenantId, rest: &str) -> String {
    format!("{{{tenant}}}:{rest}")
}

/// The stream of commits.
pub fn events(tenant: &TenantId) -> String {
    key(tenant, "events")
}

/// A conversation's log.
pub fn log(tenant: &TenantId, conversation: &ConversationId) -> String {
    key(tenant, &format!("log:{conversation}"))
}

/// A conversation's hash.
pub fn conversation(tenant: &TenantId, conversation: &ConversationId) -> String {
    key(tenant, &format!("conv:{conversation}"))
}

/// The conversation of a letter.
pub fn thread(tenant: &TenantId, channel: &ChannelId, name: &str) -> String {
    key(tenant, &format!("thread:{channel}:{name}"))
}

/// The pointer to a contact's conversation on a channel.
pub fn open(tenant: &TenantId, channel: &ChannelId, contact: &ContactId) -> String {
    key(tenant, &format!("open:{channel}:{contact}"))
}

/// Those who wait in a queue.
pub fn waiting(tenant: &TenantId, queue: &QueueId) -> String {
    key(tenant, &format!("waiting:{queue}"))
}

/// An agent's hash.
pub fn agent(tenant: &TenantId, agent: &AgentId) -> String {
    key(tenant, &format!("agent:{agent}"))
}

/// What an agent holds.
pub fn held(tenant: &TenantId, agent: &AgentId) -> String {
    key(tenant, &format!("held:{agent}"))
}

/// What rests with an agent.
pub fn resting(tenant: &TenantId, agent: &AgentId) -> String {
    key(tenant, &format!("resting:{agent}"))
}
