//! A conversation of a door that is read from the log goes on by mail: the address that its contact
//! left, what has not been read, the transcript, and who is on the line.

use super::Router;
use super::conversations::json;
use crate::command::{LeaveAddress, MailUnread, NewDelivery};
use crate::error::RoutingError;
use crate::keys;
use crate::reply::{AddressLeft, AddressWithdrawn, LeftAddress, TranscriptSent, UnreadMailed};
use domain::limits::DEDUPE_MS;
use domain::{ContactId, ConversationId, Notice, TenantId};

impl Router {
    /// The contact says where answers go when nobody is there to read them.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call is safe.
    pub async fn leave_address(
        &self,
        tenant: &TenantId,
        left: &LeaveAddress<'_>,
    ) -> Result<AddressLeft, RoutingError> {
        let notice = notice_fields(&Notice::AddressLeft { address: left.address.to_owned() })?;
        let after = left.unread_after_ms.to_string();
        let args = [
            left.conversation.as_str(),
            left.contact.as_str(),
            left.address,
            left.name,
            &notice,
            &after,
        ];
        let reply = self.call("leave_address", tenant, &args).await?;
        match reply.tag() {
            "left" => Ok(AddressLeft::Left),
            "same" => Ok(AddressLeft::Same),
            "too_many" => Ok(AddressLeft::TooMany),
            "closed" => Ok(AddressLeft::Closed),
            "unknown" => Ok(AddressLeft::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// The contact takes back where answers go: nothing goes by mail any more.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call is safe.
    pub async fn withdraw_address(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        contact: &ContactId,
    ) -> Result<AddressWithdrawn, RoutingError> {
        let notice = notice_fields(&Notice::AddressWithdrawn)?;
        let args = [conversation.as_str(), contact.as_str(), &notice];
        let reply = self.call("withdraw_address", tenant, &args).await?;
        match reply.tag() {
            "withdrawn" => Ok(AddressWithdrawn::Withdrawn),
            "none" => Ok(AddressWithdrawn::None),
            "unknown" => Ok(AddressWithdrawn::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// What the contact has not read goes by mail, unless the contact read it meanwhile or is on the
    /// line; without a letter, there was nothing to go.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call with the same delivery is safe.
    pub async fn mail_unread(
        &self,
        tenant: &TenantId,
        unread: &MailUnread<'_>,
    ) -> Result<UnreadMailed, RoutingError> {
        let notice = notice_fields(&Notice::WentByMail { seq: unread.upto })?;
        let (from, upto) = (unread.known.to_string(), unread.upto.to_string());
        let wait = unread.wait_ms.to_string();
        let (delivery, endpoint, payload) = match &unread.letter {
            Some(new) => (new.id.as_str(), new.endpoint.as_str(), new.payload),
            None => ("", "", ""),
        };
        let id = unread.conversation.as_str();
        let args = [id, &from, &upto, &wait, delivery, endpoint, payload, &notice];
        let reply = self.call("mail_unread", tenant, &args).await?;
        match reply.tag() {
            "mailed" => Ok(UnreadMailed::Mailed),
            "nothing" => Ok(UnreadMailed::Nothing),
            "here" => Ok(UnreadMailed::Here),
            "changed" => Ok(UnreadMailed::Changed),
            "unknown" => Ok(UnreadMailed::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// The transcript of a conversation goes to an address, once; `name` stands for the address in
    /// Redis, of characters that are safe in a key.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call is safe.
    pub async fn send_transcript(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        name: &str,
        letter: &NewDelivery<'_>,
    ) -> Result<TranscriptSent, RoutingError> {
        let remember = DEDUPE_MS.to_string();
        let args = [
            conversation.as_str(),
            name,
            &remember,
            letter.id.as_str(),
            letter.endpoint.as_str(),
            letter.payload,
        ];
        let reply = self.call("send_transcript", tenant, &args).await?;
        match reply.tag() {
            "sent" => Ok(TranscriptSent::Sent),
            "already" => Ok(TranscriptSent::Already),
            "too_many" => Ok(TranscriptSent::TooMany),
            _ => Err(reply.unexpected()),
        }
    }

    /// A contact's socket is on the line for so many milliseconds; 0 when it goes.
    ///
    /// # Errors
    /// See [`RoutingError`]; a caller may ignore it and say the same again.
    pub async fn attend(
        &self,
        tenant: &TenantId,
        contact: &ContactId,
        socket: &str,
        for_ms: u64,
    ) -> Result<(), RoutingError> {
        let args = [contact.as_str(), socket, &for_ms.to_string()];
        self.call("attend", tenant, &args).await.map(|_noted| ())
    }

    /// Where the contact of a conversation wants answers, if an address was left.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn left_address(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
    ) -> Result<Option<LeftAddress>, RoutingError> {
        let mut get = redis::cmd("HMGET");
        get.arg(keys::conversation(tenant, conversation)).arg("address").arg("mailed");
        let fields = self.texts(&get, "left_address").await?;
        let [address, mailed] = fields.as_slice() else { return Ok(None) };
        let mailed = mailed.parse().unwrap_or(0);
        let left = LeftAddress { address: address.clone(), mailed };
        Ok(Some(left).filter(|left| !left.address.is_empty()))
    }

    /// Conversations whose unread words are to be looked at now, the longest due first, at most `limit`.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn unread_due(
        &self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<Vec<ConversationId>, RoutingError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(keys::key(tenant, "unread")).arg(0).arg(limit.max(1) - 1).arg("WITHSCORES");
        let first = self.scored(&range, "unread_due").await?;
        if first.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now().await?;
        let due = first.into_iter().filter(|(_, at)| *at <= now);
        Ok(due.filter_map(|(id, _)| id.parse().ok()).collect())
    }
}

/// The fields of a notice as JSON, without its braces.
pub(super) fn notice_fields(notice: &Notice) -> Result<String, RoutingError> {
    let fields = json(notice)?;
    let fields = fields.strip_prefix('{').unwrap_or(&fields);
    Ok(fields.strip_suffix('}').unwrap_or(fields).to_owned())
}
