//! Transitions of callbacks and calls.

use super::Router;
use super::conversations::json;
use crate::command::{Closer, RequestCallback};
use crate::error::RoutingError;
use crate::keys;
use crate::reply::{
    Cancelled, NotedCall, PlacedCall, Reply, RequestedCallback, SteeredCall, TakenCall, Taking,
    TookCall,
};
use domain::{
    AgentId, CallId, CallOutcome, CallStage, CallWish, ChannelId, ConversationId, Follows, Leg,
    PhoneNumber, TenantId, Timestamp,
};

/// Who tells of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTeller<'a> {
    /// The phone channel whose line it is: of another line's calls it cannot tell.
    pub line: &'a ChannelId,
    /// The epoch of the line's duty; `None` from a line that is called back, on any gateway.
    pub epoch: Option<u64>,
}

impl CallTeller<'_> {
    fn epoch(self) -> String {
        self.epoch.map_or_else(String::new, |epoch| epoch.to_string())
    }
}

/// How a call ended, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOver<'a> {
    /// How.
    pub outcome: CallOutcome,
    /// Whose telephone ended it.
    pub by: Option<Leg>,
    /// What the network said.
    pub cause: &'a str,
    /// What follows by the policy.
    pub follows: Follows,
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.0.to_string())
}

fn noted(reply: &Reply) -> Result<NotedCall, RoutingError> {
    match reply.tag() {
        "kept" | "ended" => Ok(NotedCall::Kept),
        "not_ours" => Ok(NotedCall::NotOurs),
        _ => Err(reply.unexpected()),
    }
}

impl Router {
    /// Somebody wants to be rung: the conversation waits by telephone from now on, or from a later time.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call changes nothing more.
    pub async fn request_callback(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        wanted: &RequestCallback<'_>,
    ) -> Result<RequestedCallback, RoutingError> {
        let (by, who) = wanted.by.parts();
        let (from, until, remind) = (time(wanted.from), time(wanted.until), time(wanted.remind_at));
        let shown = wanted.number.masked();
        let args = [
            conversation.as_str(),
            wanted.number.e164(),
            &shown,
            wanted.line.as_str(),
            &from,
            &until,
            &remind,
            by,
            who,
            wanted.locale.name(),
        ];
        let reply = self.call("request_callback", tenant, &args).await?;
        match reply.tag() {
            "requested" => Ok(RequestedCallback::Requested(reply.parse(1)?)),
            "taken" => Ok(RequestedCallback::Taken(reply.parse(1)?)),
            "busy" => Ok(RequestedCallback::Busy),
            "not_assigned" => Ok(RequestedCallback::NotAssigned),
            "unknown" => Ok(RequestedCallback::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// Nobody is to be rung any more. `opens_at` is when the desk opens, where it is closed.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn cancel_callback(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        by: &Closer<'_>,
        opens_at: Option<Timestamp>,
    ) -> Result<Cancelled, RoutingError> {
        let ((by, who), opens) = (by.parts(), time(opens_at));
        let reply =
            self.call("cancel_callback", tenant, &[conversation.as_str(), by, who, &opens]).await?;
        match reply.tag() {
            "cancelled" if reply.text(2)? == "1" => Ok(Cancelled::NothingLeft),
            "cancelled" => Ok(Cancelled::WaitsOn(reply.parse(1)?)),
            "none" => Ok(Cancelled::None),
            "not_assigned" => Ok(Cancelled::NotAssigned),
            "unknown" => Ok(Cancelled::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// The agent who holds a conversation has its contact rung now.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call while the call lives gives the same call.
    pub async fn place_call(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        agent: &AgentId,
    ) -> Result<PlacedCall, RoutingError> {
        let reply =
            self.call("place_call", tenant, &[conversation.as_str(), agent.as_str()]).await?;
        match reply.tag() {
            "ordered" | "busy" => Ok(PlacedCall::Placed(reply.parse(1)?)),
            "none" => Ok(PlacedCall::None),
            "not_assigned" => Ok(PlacedCall::NotAssigned),
            "unknown" => Ok(PlacedCall::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// The call of a conversation is ended, held or resumed; without an agent a supervisor does it.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call changes nothing more.
    pub async fn steer_call(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        agent: Option<&AgentId>,
        wish: CallWish,
    ) -> Result<SteeredCall, RoutingError> {
        let args = [conversation.as_str(), agent.map_or("", AgentId::as_str), wish.name()];
        let reply = self.call("steer_call", tenant, &args).await?;
        match reply.tag() {
            "steered" | "ended" => Ok(SteeredCall::Steered),
            "none" => Ok(SteeredCall::None),
            "not_assigned" => Ok(SteeredCall::NotAssigned),
            "unknown" => Ok(SteeredCall::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// Takes the call of a conversation for the owner of its line.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call says [`Taking::Ours`].
    pub async fn take_call(
        &self,
        tenant: &TenantId,
        line: &ChannelId,
        conversation: &ConversationId,
        epoch: u64,
    ) -> Result<TookCall, RoutingError> {
        let epoch = epoch.to_string();
        let reply =
            self.call("take_call", tenant, &[conversation.as_str(), &epoch, line.as_str()]).await?;
        let how = match reply.tag() {
            "gone" => return Ok(TookCall::Gone),
            "elsewhere" => return Ok(TookCall::Elsewhere),
            "place" => Taking::Place,
            "take_over" => Taking::TakeOver,
            "ours" => Taking::Ours,
            _ => return Err(reply.unexpected()),
        };
        let (trace, wish) = (reply.text(5)?, reply.text(6)?);
        Ok(TookCall::Taken(TakenCall {
            how,
            call: reply.parse(1)?,
            number: reply.parse(2)?,
            agent: reply.parse(3)?,
            stage: reply.parse(4)?,
            trace: Some(trace.to_owned()).filter(|trace| !trace.is_empty()),
            wish: if wish.is_empty() { None } else { Some(reply.parse(6)?) },
            locale: reply.parse(7)?,
        }))
    }

    /// The conversations that have a call on a line, oldest first, at most `limit`.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn calls_of_line(
        &self,
        tenant: &TenantId,
        line: &ChannelId,
        limit: usize,
    ) -> Result<Vec<ConversationId>, RoutingError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(keys::key(tenant, &format!("calls:{line}"))).arg(0).arg(limit.saturating_sub(1));
        let ids = self.texts(&range, "calls_of_line").await?;
        Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// The conversation for which a number is to be rung.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn callback_of_number(
        &self,
        tenant: &TenantId,
        number: &PhoneNumber,
    ) -> Result<Option<ConversationId>, RoutingError> {
        let mut get = redis::cmd("HMGET");
        get.arg(keys::key(tenant, "callback_numbers")).arg(number.e164());
        let found = self.texts(&get, "callback_of_number").await?;
        Ok(found.first().and_then(|id| id.parse().ok()))
    }

    /// The whole number of a conversation's callback, for whoever may see it.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn callback_number(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
    ) -> Result<Option<PhoneNumber>, RoutingError> {
        let mut get = redis::cmd("HMGET");
        get.arg(keys::key(tenant, &format!("callback:{conversation}"))).arg("number");
        let found = self.texts(&get, "callback_number").await?;
        Ok(found.first().and_then(|number| number.parse().ok()))
    }

    /// A line tells how far a call has come.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call changes nothing more.
    pub async fn note_call(
        &self,
        tenant: &TenantId,
        (conversation, call): (&ConversationId, &CallId),
        teller: CallTeller<'_>,
        noted_now: CallNote<'_>,
    ) -> Result<NotedCall, RoutingError> {
        let (epoch, line) = (teller.epoch(), teller.line.as_str());
        let mut args = [conversation.as_str(), call.as_str(), line, &epoch, "", "", ""];
        let recording;
        match noted_now {
            CallNote::Stage(stage) => args[4] = stage.name(),
            CallNote::Trace(trace) => args[5] = trace,
            CallNote::Recording(id) => {
                recording = json(&id)?;
                args[6] = &recording;
            }
        }
        noted(&self.call("note_call", tenant, &args).await?)
    }

    /// A line tells that a call is over.
    ///
    /// # Errors
    /// See [`RoutingError`]; repeating the call says that it is not ours any more.
    pub async fn end_call(
        &self,
        tenant: &TenantId,
        (conversation, call): (&ConversationId, &CallId),
        teller: CallTeller<'_>,
        over: &CallOver<'_>,
    ) -> Result<NotedCall, RoutingError> {
        let (epoch, cause) = (teller.epoch(), json(&over.cause)?);
        let (follows, at) = match over.follows {
            Follows::Stay => ("stay", None),
            Follows::Rest(at) => ("rest", Some(at)),
            Follows::Over => ("over", None),
        };
        let counts = if over.outcome.reached_for_contact() { "1" } else { "" };
        let at = time(at);
        let args = [
            conversation.as_str(),
            call.as_str(),
            teller.line.as_str(),
            &epoch,
            over.outcome.name(),
            over.by.map_or("", Leg::name),
            &cause,
            counts,
            follows,
            &at,
        ];
        noted(&self.call("end_call", tenant, &args).await?)
    }
}

/// What a line tells of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallNote<'a> {
    /// It has come so far.
    Stage(CallStage),
    /// What another owner would need.
    Trace(&'a str),
    /// Under which name the PBX records it.
    Recording(&'a str),
}
