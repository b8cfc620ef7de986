//! Transitions of conversations.

use super::mail::notice_fields;
use super::{Router, entry_args};
use crate::command::{
    Belongs, Closer, Holder, NewDelivery, PlaceSaid, PostWord, Reader, ReceiveMessage, SendMessage,
    Standing, THREAD_MS,
};
use crate::error::RoutingError;
use crate::reply::{
    Accepted, Assigned, Closed, Declined, FailedTimer, Moved, Noticed, Received, Reply, Sent,
    TimersRun,
};
use domain::limits::DEDUPE_MS;
use domain::{
    AgentId, ContactId, ConversationId, ConversationInfo, Entry, MessageKind, Notice, OfferToken,
    TenantId, Timestamp,
};

/// Deliveries as the functions take them.
fn triples<'a>(deliveries: &'a [NewDelivery<'a>]) -> impl Iterator<Item = &'a str> {
    deliveries.iter().flat_map(|new| [new.id.as_str(), new.endpoint.as_str(), new.payload])
}

impl Router {
    /// A contact's word enters: duplicate dropped, conversation found, opened or reopened, message
    /// appended, queued, matched — or nothing of it.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call with the same external id is safe.
    pub async fn receive_message(
        &self,
        tenant: &TenantId,
        message: &ReceiveMessage<'_>,
    ) -> Result<Received, RoutingError> {
        let content = json(message.content)?;
        let info = json(message.info)?;
        let entry = entry_args(message.entry);
        let dedupe_ms = DEDUPE_MS.to_string();
        let mut args = vec![
            message.channel.as_str(),
            message.contact.as_str(),
            message.external_id,
            message.new_conversation.as_str(),
            &content,
        ];
        args.extend(entry.iter().map(String::as_str));
        let (how, into, name) = match &message.belongs {
            Belongs::ToContact => ("contact", "", ""),
            Belongs::ToThread { into, name } => {
                ("thread", into.map_or("", ConversationId::as_str), name.unwrap_or(""))
            }
        };
        let thread_ms = THREAD_MS.to_string();
        args.extend([info.as_str(), &dedupe_ms, how, into, name, &thread_ms, message.way]);
        args.extend(triples(message.fetches));
        let reply = self.call("receive_message", tenant, &args).await?;
        match reply.tag() {
            "appended" => Ok(Received::Appended {
                conversation: reply.parse(1)?,
                seq: reply.parse(2)?,
                entered: reply.text(3)? == "1",
                state: reply.parse(4)?,
            }),
            "duplicate" => {
                Ok(Received::Duplicate { conversation: reply.parse(1)?, seq: reply.parse(2)? })
            }
            "queue_full" => Ok(Received::QueueFull),
            _ => Err(reply.unexpected()),
        }
    }

    /// A system fact that became true elsewhere enters the log, once under its name.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call with the same name is safe.
    pub async fn append_notice(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        name: &str,
        notice: &Notice,
    ) -> Result<Noticed, RoutingError> {
        let fields = notice_fields(notice)?;
        let dedupe_ms = DEDUPE_MS.to_string();
        let args = [conversation.as_str(), name, &dedupe_ms, &fields];
        let reply = self.call("append_notice", tenant, &args).await?;
        match reply.tag() {
            "appended" | "duplicate" => Ok(Noticed::Appended(reply.parse(1)?)),
            "over" => Ok(Noticed::Over(reply.parse(1)?)),
            "unknown" => Ok(Noticed::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// An agent says something to the contact, or writes a note.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call with the same client id is safe.
    pub async fn send_message(
        &self,
        tenant: &TenantId,
        message: &SendMessage<'_>,
    ) -> Result<Sent, RoutingError> {
        let content = json(message.content)?;
        let kind = match (message.content.kind, message.standing) {
            (MessageKind::Note, Standing::Supervisor) => "note_of_supervisor",
            (MessageKind::Note, Standing::Holder) => "note",
            _ => "text",
        };
        let client_id = message.content.client_id.as_deref().unwrap_or(message.content.id.as_str());
        let dedupe_ms = DEDUPE_MS.to_string();
        let unread_after = message.unread_after_ms.map(|ms| ms.to_string()).unwrap_or_default();
        let mut args = vec![
            message.conversation.as_str(),
            message.agent.as_str(),
            &content,
            kind,
            client_id,
            &dedupe_ms,
            &unread_after,
        ];
        args.extend(triples(message.deliveries));
        let reply = self.call("send_message", tenant, &args).await?;
        match reply.tag() {
            "appended" => Ok(Sent::Appended(reply.parse(1)?)),
            "duplicate" => Ok(Sent::Duplicate(reply.parse(1)?)),
            "not_assigned" => Ok(Sent::NotAssigned),
            "unknown" => Ok(Sent::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// The desk says something to the contact beside the log, once under its name; the notice tells the
    /// agent. False when nothing was said: it was before, there is no such conversation any more, or it
    /// waits no longer.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call with the same name is safe.
    pub async fn post_word(
        &self,
        tenant: &TenantId,
        word: &PostWord<'_>,
    ) -> Result<bool, RoutingError> {
        let fields = word.notice.map(notice_fields).transpose()?.unwrap_or_default();
        let (dedupe_ms, place) = (DEDUPE_MS.to_string(), word.place);
        let told = place.map_or("", |place| place.told);
        let look_after = place.map_or(0, |place| place.look_after_ms).to_string();
        let only = match place.map(|place| place.said) {
            Some(PlaceSaid::WhileWaiting) => "waiting",
            Some(PlaceSaid::Anyway) | None => "",
        };
        let id = word.conversation.as_str();
        let mut args = vec![id, word.name, &dedupe_ms, &fields, told, &look_after, only];
        args.extend(triples(word.parts));
        let reply = self.call("post_word", tenant, &args).await?;
        Ok(reply.tag() == "posted")
    }

    /// The agent takes what is held out.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call is safe.
    pub async fn accept_offer(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        agent: &AgentId,
        token: &OfferToken,
    ) -> Result<Accepted, RoutingError> {
        let args = [conversation.as_str(), agent.as_str(), token.as_str()];
        let reply = self.call("accept_offer", tenant, &args).await?;
        match reply.tag() {
            "assigned" => Ok(Accepted::Assigned),
            "stale" => Ok(Accepted::Stale),
            _ => Err(reply.unexpected()),
        }
    }

    /// The agent says no; the conversation goes back to its old place.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn decline_offer(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        agent: &AgentId,
        token: &OfferToken,
        reason: &str,
    ) -> Result<Declined, RoutingError> {
        let reason = json(&reason)?;
        let args = [conversation.as_str(), agent.as_str(), token.as_str(), &reason];
        let reply = self.call("decline_offer", tenant, &args).await?;
        match reply.tag() {
            "requeued" => Ok(Declined::Requeued),
            "stale" => Ok(Declined::Stale),
            _ => Err(reply.unexpected()),
        }
    }

    /// An active conversation is passed on; the entry says where and how it waits there. With
    /// `ask_again` false, the agent who lets go is not asked again.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn transfer(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        holder: &Holder<'_>,
        entry: &Entry,
        ask_again: bool,
    ) -> Result<Moved, RoutingError> {
        let holder = match holder {
            Holder::Agent(agent) => agent.as_str(),
            Holder::Anyone => "",
        };
        let entry = entry_args(entry);
        let mut args = vec![conversation.as_str(), holder];
        args.extend(entry.iter().map(String::as_str));
        args.push(if ask_again { "0" } else { "1" });
        moved(&self.call("transfer", tenant, &args).await?)
    }

    /// A waiting conversation waits by another entry: overflow, a supervisor, changed settings.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn change_queue(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        entry: &Entry,
        reason: &'static str,
    ) -> Result<Moved, RoutingError> {
        let entry = entry_args(entry);
        let mut args = vec![conversation.as_str()];
        args.extend(entry.iter().map(String::as_str));
        args.push(reason);
        moved(&self.call("change_queue", tenant, &args).await?)
    }

    /// A supervisor gives a conversation to an agent by hand, within capacity.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn assign(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        agent: &AgentId,
    ) -> Result<Assigned, RoutingError> {
        let reply = self.call("assign", tenant, &[conversation.as_str(), agent.as_str()]).await?;
        match reply.tag() {
            "assigned" => Ok(Assigned::Assigned),
            "over_capacity" => Ok(Assigned::OverCapacity),
            "agent_unavailable" => Ok(Assigned::AgentUnavailable),
            "not_assignable" => Ok(Assigned::NotAssignable),
            "unknown" => Ok(Assigned::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// The conversation is over for the contact. `info`, if given, replaces what is known of it.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn close(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        closer: &Closer<'_>,
        info: Option<&ConversationInfo>,
    ) -> Result<Closed, RoutingError> {
        let (by, who) = closer.parts();
        let info = info.map(json).transpose()?.unwrap_or_default();
        closed(&self.call("close", tenant, &[conversation.as_str(), by, who, &info]).await?)
    }

    /// The agent has finished notes before the time was over.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn end_wrap_up(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        agent: &AgentId,
    ) -> Result<Closed, RoutingError> {
        let args = [conversation.as_str(), agent.as_str()];
        closed(&self.call("end_wrap_up", tenant, &args).await?)
    }

    /// An active conversation rests until a time or the contact's next word; then it waits by
    /// `entry`.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn snooze(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        agent: &AgentId,
        until: Timestamp,
        entry: &Entry,
    ) -> Result<Moved, RoutingError> {
        let until = until.0.to_string();
        let entry = entry_args(entry);
        let mut args = vec![conversation.as_str(), agent.as_str(), &until];
        args.extend(entry.iter().map(String::as_str));
        moved(&self.call("snooze", tenant, &args).await?)
    }

    /// What is known of a conversation changed; false when there is no such open conversation.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn describe(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        info: &ConversationInfo,
    ) -> Result<bool, RoutingError> {
        let info = json(info)?;
        let reply = self.call("describe", tenant, &[conversation.as_str(), &info]).await?;
        Ok(reply.tag() == "described")
    }

    /// A reader has read up to a seq; false when the conversation is not the reader's.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn mark_read(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        reader: &Reader<'_>,
        seq: u64,
    ) -> Result<bool, RoutingError> {
        let (by, who) = match reader {
            Reader::Contact(contact) => ("contact", contact.as_str()),
            Reader::Agent(agent) => ("agent", agent.as_str()),
        };
        let seq = seq.to_string();
        let reply = self.call("mark_read", tenant, &[conversation.as_str(), by, who, &seq]).await?;
        Ok(reply.tag() != "unknown")
    }

    /// What was said up to a seq has reached a device of the contact; false when the conversation is
    /// not the contact's.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn mark_received(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        contact: &ContactId,
        seq: u64,
    ) -> Result<bool, RoutingError> {
        let arguments = [conversation.as_str(), contact.as_str(), &seq.to_string()];
        let reply = self.call("mark_received", tenant, &arguments).await?;
        Ok(reply.tag() != "unknown")
    }

    /// The records hold a closed conversation up to `last_seq`: its log leaves Redis. False when it
    /// grew meanwhile; read it anew.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn archive(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        last_seq: u64,
    ) -> Result<bool, RoutingError> {
        let last = last_seq.to_string();
        let reply = self.call("archive", tenant, &[conversation.as_str(), &last]).await?;
        Ok(reply.tag() != "changed")
    }

    /// Runs at most `limit` due timers (64 at the most).
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn run_timers(
        &self,
        tenant: &TenantId,
        limit: u32,
    ) -> Result<TimersRun, RoutingError> {
        let reply = self.call("run_timers", tenant, &[&limit.to_string()]).await?;
        match reply.tag() {
            "ran" => Ok(TimersRun {
                ran: reply.parse(1)?,
                next_due: reply.maybe::<f64>(2)?.map(ms),
                failed: failed_timers(&reply),
            }),
            _ => Err(reply.unexpected()),
        }
    }
}

fn failed_timers(reply: &Reply) -> Vec<FailedTimer> {
    reply
        .rest()
        .get(2..)
        .unwrap_or(&[])
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [timer, why] => {
                Some(FailedTimer { timer: timer.clone(), why: crate::library::explain(why) })
            }
            _ => None,
        })
        .collect()
}

fn moved(reply: &Reply) -> Result<Moved, RoutingError> {
    match reply.tag() {
        "moved" => Ok(Moved::Moved(reply.parse(1)?)),
        "not_assigned" => Ok(Moved::NotAssigned),
        "unknown" => Ok(Moved::Unknown),
        _ => Err(reply.unexpected()),
    }
}

fn closed(reply: &Reply) -> Result<Closed, RoutingError> {
    match reply.tag() {
        "wrap_up" => Ok(Closed::WrapUp),
        "closed" => Ok(Closed::Closed),
        "already" => Ok(Closed::Already),
        "not_assigned" => Ok(Closed::NotAssigned),
        "unknown" => Ok(Closed::Unknown),
        _ => Err(reply.unexpected()),
    }
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, RoutingError> {
    serde_json::to_string(value).map_err(|error| RoutingError::BadArgument(error.to_string()))
}

/// A Redis score in milliseconds: a whole number far below 2^53.
#[expect(clippy::cast_possible_truncation, reason = "scores are whole milliseconds below 2^53")]
pub(super) fn ms(score: f64) -> Timestamp {
    Timestamp(score as i64)
}
