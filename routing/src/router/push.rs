//! What an app's user has not read goes to their devices: which conversations to look at, and the one
//! step that decides what goes.

use super::Router;
use crate::command::PushUnread;
use crate::error::RoutingError;
use crate::keys;
use crate::reply::UnreadPushed;
use domain::{ContactId, ConversationId, DeviceId, TenantId, Timestamp};

/// The most devices of one step.
pub const DEVICES_MAX: usize = 16;

impl Router {
    /// What the contact has not read goes to their devices; or nothing has to go. Of more than
    /// [`DEVICES_MAX`] notifications the first ones count.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call is safe.
    pub async fn push_unread(
        &self,
        tenant: &TenantId,
        unread: &PushUnread<'_>,
    ) -> Result<UnreadPushed, RoutingError> {
        let (known, upto) = (unread.known.to_string(), unread.upto.to_string());
        let wait = unread.wait_ms.to_string();
        let again = unread.look_at.map(|at| at.0.to_string()).unwrap_or_default();
        let mut args = vec![unread.conversation.as_str(), &known, &upto, &wait, &again];
        for (device, new) in unread.notifications.iter().take(DEVICES_MAX) {
            args.extend([device.as_str(), new.id.as_str(), new.endpoint.as_str(), new.payload]);
        }
        let reply = self.call("push_unread", tenant, &args).await?;
        match reply.tag() {
            "pushed" => Ok(UnreadPushed::Pushed(reply.parse(1)?)),
            "changed" => Ok(UnreadPushed::Changed),
            "unknown" => Ok(UnreadPushed::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// Conversations whose words have waited since before a time to be read or pushed, the longest first, at
    /// most `limit`, each with since when.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn unpushed(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<(ConversationId, Timestamp)>, RoutingError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(keys::key(tenant, "unpushed")).arg("-inf").arg(before.0).arg("BYSCORE");
        range.arg("LIMIT").arg(0).arg(limit).arg("WITHSCORES");
        let found = self.scored(&range, "unpushed").await?;
        Ok(found.into_iter().filter_map(|(id, at)| Some((id.parse().ok()?, at))).collect())
    }

    /// The devices of a contact whose app is in the foreground now.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn devices_in_front(
        &self,
        tenant: &TenantId,
        contact: &ContactId,
    ) -> Result<Vec<DeviceId>, RoutingError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(keys::key(tenant, &format!("here:{contact}"))).arg(0).arg(-1).arg("WITHSCORES");
        let here = self.scored(&range, "devices_in_front").await?;
        let now = self.now().await?;
        let alive = here.iter().filter(|(_, until)| *until > now);
        Ok(alive.filter_map(|(name, _)| name.split_once('/')?.0.parse().ok()).collect())
    }

    /// Up to where each of these devices was told of a conversation; 0 for one that was not.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn pushed_to(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        devices: &[DeviceId],
    ) -> Result<Vec<u64>, RoutingError> {
        if devices.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = redis::cmd("HMGET");
        get.arg(keys::conversation(tenant, conversation));
        for device in devices {
            get.arg(format!("pushed.{device}"));
        }
        let marks = self.texts(&get, "pushed_to").await?;
        Ok(marks.iter().map(|mark| mark.parse().unwrap_or(0)).collect())
    }
}
