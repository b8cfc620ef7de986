//! What waiting contacts were told of their place in the queue, and when to look again. `post_word`
//! writes both; whoever looks and has nothing to say only moves the time, by plain commands: losing one
//! costs a look.

use super::Router;
use crate::error::RoutingError;
use crate::keys;
use domain::{ConversationId, TenantId};
use redis::Value;

impl Router {
    /// Conversations at whose place in the queue to look now, the longest due first, at most `limit`.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn places_due(
        &self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<Vec<ConversationId>, RoutingError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(keys::key(tenant, "places")).arg(0).arg(limit.max(1) - 1).arg("WITHSCORES");
        let first = self.scored(&range, "places_due").await?;
        if first.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now().await?;
        let due = first.into_iter().filter(|(_, at)| *at <= now);
        Ok(due.filter_map(|(id, _)| id.parse().ok()).collect())
    }

    /// What the contact was told of the place, as `post_word` laid it down; `None` when nothing was.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn place_told(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
    ) -> Result<Option<String>, RoutingError> {
        let mut get = redis::cmd("HMGET");
        get.arg(keys::conversation(tenant, conversation)).arg("told");
        let fields = self.texts(&get, "place_told").await?;
        Ok(fields.into_iter().next().filter(|told| !told.is_empty()))
    }

    /// Looks at a place again after so many milliseconds, if it is looked at at all.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn look_at_place_after(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        after_ms: u64,
    ) -> Result<(), RoutingError> {
        let at = self.now().await?.plus_ms(i64::try_from(after_ms).unwrap_or(i64::MAX));
        let mut add = redis::cmd("ZADD");
        add.arg(keys::key(tenant, "places")).arg("XX").arg(at.0).arg(conversation.as_str());
        self.store().run("look_at_place_after", &add).await.map(|_count: Value| ())
    }

    /// Looks at a place no more.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn forget_place(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
    ) -> Result<(), RoutingError> {
        let mut remove = redis::cmd("ZREM");
        remove.arg(keys::key(tenant, "places")).arg(conversation.as_str());
        self.store().run("forget_place", &remove).await.map(|_count: Value| ())
    }
}
