//! The other side of a line: its orders come out of the queue, and what it tells goes into it.
//!
//! Nothing here is remembered that matters: whoever keeps the line next reads the same from Redis. What is known of
//! calls only keeps the same order from being given twice.

use super::request::{self, NewCaller};
use super::{conversation_of, line_of, refused};
use crate::api::error::Code;
use crate::app::App;
use channels::phone::{Call, CallDesk, CallEnd, CallEvent, CallOrder, MissedCall, Told};
use channels::{Accepted, Refusal, SinkError};
use domain::{
    CallId, CallOutcome, CallStage, CallWish, ChannelId, ConversationId, Event, Follows, Leg,
    PhoneNumber, TenantId,
};
use routing::RoutingError;
use routing::reply::{NotedCall, TakenCall, Taking, TookCall};
use routing::router::{CallNote, CallOver, CallTeller};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The most calls that a line has at once.
const CALLS_MAX: usize = 1_000;
/// How many commits are looked at in one go.
const COMMITS_AT_ONCE: usize = 256;
/// All calls of the line are looked at so often, whatever was told.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The pause when Redis did not answer.
const FAILED_PAUSE: Duration = Duration::from_secs(1);
/// How long a line waits before it tells something again that could not be kept, in milliseconds.
const TELL_AGAIN_MS: u64 = 500;

/// What one owner of a line knows.
pub struct Board {
    app: Arc<App>,
    tenant: TenantId,
    line: ChannelId,
    /// The epoch of the line's duty; none for a line that is called back.
    epoch: Option<u64>,
    orders: tokio::sync::Mutex<Orders>,
    /// The calls that this owner was given, and what it was last told to do with them.
    known: Mutex<HashMap<ConversationId, (CallId, Option<CallWish>)>>,
}

#[derive(Default)]
struct Orders {
    waiting: VecDeque<CallOrder>,
    /// Up to where the commits were looked at; `None` before the first look.
    cursor: Option<Arc<str>>,
    look_at: Option<Instant>,
}

impl Board {
    /// For whoever keeps the line in this epoch of its duty.
    pub fn of_owner(app: &Arc<App>, tenant: &TenantId, line: &ChannelId, epoch: u64) -> Arc<Self> {
        Self::open(app, tenant, line, Some(epoch))
    }

    /// For a line that is called back, on any gateway: it tells, and gets no orders.
    pub fn of_caller(app: &Arc<App>, tenant: &TenantId, line: &ChannelId) -> Arc<Self> {
        Self::open(app, tenant, line, None)
    }

    fn open(app: &Arc<App>, tenant: &TenantId, line: &ChannelId, epoch: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            app: Arc::clone(app),
            tenant: tenant.clone(),
            line: line.clone(),
            epoch,
            orders: tokio::sync::Mutex::default(),
            known: Mutex::default(),
        })
    }

    /// The conversations that may have something new: all of the line, or those that commits named.
    async fn to_look_at(&self, orders: &mut Orders) -> Result<Vec<ConversationId>, RoutingError> {
        let desk = self.app.hub.desk(&self.tenant);
        let due = orders.look_at.is_none_or(|at| at <= Instant::now());
        let heard = orders.cursor.as_ref().filter(|_| !due);
        let commits = heard.and_then(|cursor| desk.commits_after(cursor, COMMITS_AT_ONCE));
        if let Some(commits) = commits {
            if let Some(last) = commits.last() {
                orders.cursor = Some(Arc::clone(&last.cursor));
            }
            let events = commits.iter().flat_map(|commit| commit.events());
            let changed: BTreeSet<&ConversationId> = events
                .filter_map(|event| match event {
                    Event::CallbackChanged { conversation, line, .. } if *line == self.line => {
                        Some(conversation)
                    }
                    _ => None,
                })
                .collect();
            return Ok(changed.into_iter().cloned().collect());
        }
        // The position first: what changes while the calls are read is looked at again.
        orders.cursor = desk.position().map(|(_, newest)| newest);
        let calls = self.app.router.calls_of_line(&self.tenant, &self.line, CALLS_MAX).await?;
        orders.look_at = Some(Instant::now() + LOOK_EVERY);
        Ok(calls)
    }

    async fn look(&self, orders: &mut Orders) -> Result<(), RoutingError> {
        let Some(epoch) = self.epoch else { return Ok(()) };
        for conversation in self.to_look_at(orders).await? {
            match self.app.router.take_call(&self.tenant, &self.line, &conversation, epoch).await? {
                TookCall::Taken(taken) => self.order(&conversation, taken, orders).await?,
                // Two who speak there are not hung up by whoever had them before.
                TookCall::Elsewhere => drop(self.known().remove(&conversation)),
                TookCall::Gone => {
                    let gone = self.known().remove(&conversation);
                    orders.waiting.extend(gone.map(|(call, _)| CallOrder::HangUp(call)));
                }
            }
        }
        Ok(())
    }

    async fn order(
        &self,
        conversation: &ConversationId,
        taken: TakenCall,
        orders: &mut Orders,
    ) -> Result<(), RoutingError> {
        let known = self.known().get(conversation).cloned().filter(|(call, _)| *call == taken.call);
        let told = known.as_ref().and_then(|(_, wish)| *wish);
        if known.is_none() {
            let call = match self.call(&taken).await {
                Ok(call) => call,
                Err(over) => {
                    let call = (conversation, &taken.call);
                    let ended = self.app.router.end_call(&self.tenant, call, self.teller(), &over);
                    return ended.await.map(drop);
                }
            };
            // A line that began anew in the same epoch knows nothing of what it had.
            orders.waiting.push_back(match taken.how {
                Taking::Place => CallOrder::Place(call),
                Taking::TakeOver | Taking::Ours => {
                    CallOrder::TakeOver { call, stage: taken.stage, trace: taken.trace }
                }
            });
        }
        if let Some(wish) = taken.wish.filter(|wish| Some(*wish) != told) {
            let call = taken.call.clone();
            orders.waiting.push_back(match wish {
                CallWish::HangUp => CallOrder::HangUp(call),
                CallWish::Hold => CallOrder::Hold(call),
                CallWish::Resume => CallOrder::Resume(call),
            });
        }
        self.known().insert(conversation.clone(), (taken.call, taken.wish));
        Ok(())
    }

    fn teller(&self) -> CallTeller<'_> {
        CallTeller { line: &self.line, epoch: self.epoch }
    }

    /// How it ended when nobody is rung: the agent has no telephone, the line rings nobody any more, or the number is
    /// not to be called since it was promised.
    async fn call(&self, taken: &TakenCall) -> Result<Call, CallOver<'static>> {
        let view = self.app.settings.desk(&self.tenant);
        let policy = line_of(&view, &self.line).map(|(_, policy)| policy);
        let agent = view.agent(&taken.agent).filter(|agent| !agent.phone.is_empty());
        let Some((policy, agent)) = policy.zip(agent) else {
            let (outcome, by) = (CallOutcome::AgentUnreachable, Some(Leg::Agent));
            let cause = "the agent has no telephone";
            return Err(CallOver { outcome, by, cause, follows: Follows::Stay });
        };
        if taken.how == Taking::Place {
            may_ring(&self.app, &self.tenant, &taken.number).await?;
        }
        Ok(Call {
            id: taken.call.clone(),
            agent: agent.phone.clone(),
            contact: taken.number.clone(),
            locale: taken.locale,
            ring_agent: policy.ring_agent,
            ring_contact: policy.ring_contact,
        })
    }

    async fn ended(
        &self,
        conversation: &ConversationId,
        call: &CallId,
        end: &CallEnd,
    ) -> Result<NotedCall, RoutingError> {
        let view = self.app.settings.desk(&self.tenant);
        let known = self.app.router.conversation(&self.tenant, conversation).await?;
        let before = known
            .and_then(|(conversation, _)| conversation.callback)
            .map_or(0, |callback| callback.tries);
        let tries = before + u32::from(end.outcome.reached_for_contact());
        let pause_ms =
            end.retry_after.map_or(0, |pause| i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        let now = (self.app.clock.now(), pause_ms);
        let follows = match line_of(&view, &self.line) {
            Some((_, policy)) => policy.retry.follows(end.outcome, tries, now),
            None => Follows::Stay,
        };
        crate::metrics::call_ended(end.outcome.name());
        let over = CallOver { outcome: end.outcome, by: end.by, cause: &end.cause, follows };
        self.app.router.end_call(&self.tenant, (conversation, call), self.teller(), &over).await
    }

    async fn keep(&self, call: &CallId, event: &CallEvent) -> Result<NotedCall, RoutingError> {
        let Some(conversation) = conversation_of(call) else { return Ok(NotedCall::NotOurs) };
        let stage = |stage| CallNote::Stage(stage);
        let note = match event {
            CallEvent::Ringing(Leg::Agent) => stage(CallStage::AgentRinging),
            CallEvent::Ringing(Leg::Contact) => stage(CallStage::ContactRinging),
            CallEvent::Answered(Leg::Agent) => stage(CallStage::AgentAnswered),
            // Both hear each other a moment later, and that is told.
            CallEvent::Answered(Leg::Contact) => return Ok(NotedCall::Kept),
            CallEvent::Connected | CallEvent::Resumed => stage(CallStage::Connected),
            CallEvent::Held => stage(CallStage::Held),
            CallEvent::Trace(trace) => CallNote::Trace(trace),
            CallEvent::Recorded(id) => CallNote::Recording(id),
            CallEvent::Ended(end) => {
                let noted = self.ended(&conversation, call, end).await?;
                self.known().remove(&conversation);
                return Ok(noted);
            }
        };
        self.app.router.note_call(&self.tenant, (&conversation, call), self.teller(), note).await
    }

    fn known(
        &self,
    ) -> std::sync::MutexGuard<'_, HashMap<ConversationId, (CallId, Option<CallWish>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The list of those who are not called is looked at right before a call: who cannot be looked up is not rung, and
/// the agent may try again.
async fn may_ring(
    app: &App,
    tenant: &TenantId,
    number: &PhoneNumber,
) -> Result<(), CallOver<'static>> {
    let (outcome, cause, follows) = match refused::is_refused(app, tenant, number).await {
        Ok(false) => return Ok(()),
        Ok(true) => (CallOutcome::BadNumber, "not to be called", Follows::Over),
        Err(error) => {
            let error = crate::telemetry::chain(&error);
            tracing::warn!(tenant.id = %tenant, error, "nobody is rung while the archive is away");
            (CallOutcome::Cancelled, "it cannot be looked up who is not called", Follows::Stay)
        }
    };
    Err(CallOver { outcome, by: None, cause, follows })
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board").field("line", &self.line).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl CallDesk for Board {
    async fn next(&self) -> CallOrder {
        let mut orders = self.orders.lock().await;
        let mut commits = self.app.hub.desk(&self.tenant).commits();
        loop {
            if let Some(order) = orders.waiting.pop_front() {
                return order;
            }
            commits.borrow_and_update();
            let looked =
                if self.app.accepts_work() { self.look(&mut orders).await } else { Ok(()) };
            if let Err(error) = looked {
                tracing::debug!(tenant.id = %self.tenant, channel.id = %self.line, error = %error, "calls wait for Redis");
                orders.look_at = None;
                tokio::time::sleep(FAILED_PAUSE).await;
            } else if orders.waiting.is_empty() {
                let _woken = tokio::time::timeout(LOOK_EVERY, commits.changed()).await;
            }
        }
    }

    async fn told(&self, call: &CallId, event: CallEvent) -> Result<Told, SinkError> {
        match self.keep(call, &event).await {
            Ok(NotedCall::Kept) => Ok(Told::Kept),
            Ok(NotedCall::NotOurs) => Ok(Told::NotOurs),
            Err(error) => Err(SinkError {
                reason: crate::telemetry::chain(&error),
                retry_after_ms: TELL_AGAIN_MS,
            }),
        }
    }

    async fn missed(&self, missed: MissedCall) -> Result<Accepted, SinkError> {
        let caller = NewCaller::of_missed(&missed);
        let taken = request::open(&self.app, &self.tenant, &self.line, caller).await;
        // A missed call is of no conversation that the line would have to know.
        taken.map(|_conversation| Accepted::Noted).or_else(|error| match error.code() {
            // Nobody rings such a number, or somebody does already: telling it again changes nothing.
            Code::Invalid | Code::NumberTaken | Code::NotConfigured | Code::WrongState | Code::RateLimited => {
                tracing::info!(tenant.id = %self.tenant, channel.id = %self.line, error = %error, "a missed call is not called back");
                Ok(Accepted::Refused(Refusal::Unsupported))
            }
            _ => Err(SinkError {
                reason: error.to_string(),
                retry_after_ms: error.retry_after_ms().unwrap_or(5_000),
            }),
        })
    }
}
