//! The line's owner: carries out orders, and watches what became of them.

use super::PhoneBridge;
use super::post::Posted;
use super::wire::Stage;
use crate::phone::telling::{end, tell};
use crate::phone::{CALLS_MAX, Call, CallDesk, CallEvent, CallOrder, Told};
use domain::{CallId, CallOutcome, CallStage};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long an order for a call that stands is posted again.
const ORDER_WITHIN: Duration = Duration::from_secs(30);
/// How long a look at a call is tried.
const LOOK_WITHIN: Duration = Duration::from_secs(15);
/// How much longer than its telephones may ring a call may take until both speak.
const GRACE: Duration = Duration::from_secs(30);
/// So many looks in a row without an answer, and the call is lost.
const LOOKS_IN_VAIN_MAX: u32 = 10;
/// So many orders are carried out at once: each call's own, and some that steer it.
const RUNNING_MAX: usize = 2 * CALLS_MAX;

impl PhoneBridge {
    /// Takes orders until dropped.
    pub(super) async fn keep(&self, desk: &dyn CallDesk) {
        let mut running: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
        loop {
            tokio::select! {
                order = desk.next(), if running.len() < RUNNING_MAX => {
                    running.push(Box::pin(self.carry_out(desk, order)));
                }
                Some(()) = running.next() => {}
            }
        }
    }

    async fn carry_out(&self, desk: &dyn CallDesk, order: CallOrder) {
        match order {
            CallOrder::Place(call) => {
                let Some(watched) = self.watch(&call.id) else { return };
                if self.watched().len() > CALLS_MAX {
                    let full = end(CallOutcome::Failed, None, "line full");
                    tell(desk, &call.id, CallEvent::Ended(full)).await;
                } else {
                    let placing = self.place(desk, &call, &watched.given_up);
                    watched.ended.run_until_cancelled(placing).await;
                }
                self.forget(&call.id);
            }
            CallOrder::TakeOver { call, stage, .. } => {
                let Some(watched) = self.watch(&call.id) else { return };
                self.is_placed(&call.id);
                watched.ended.run_until_cancelled(self.take_over(desk, &call, stage)).await;
                self.forget(&call.id);
            }
            CallOrder::HangUp(call) => self.hang_up(desk, &call).await,
            CallOrder::Hold(call) => drop(self.steer("call.hold", &call).await),
            CallOrder::Resume(call) => drop(self.steer("call.resume", &call).await),
        }
    }

    /// The bridge has taken it: from now on it tells how it ends.
    fn is_placed(&self, call: &CallId) {
        if let Some(watched) = self.watched().get_mut(call) {
            watched.is_placed = true;
        }
    }

    async fn place(&self, desk: &dyn CallDesk, call: &Call, given_up: &CancellationToken) {
        let known = tell(desk, &call.id, CallEvent::Trace("bridge".to_owned())).await;
        if known == Told::NotOurs {
            return;
        }
        let begun = Instant::now();
        let body = self.place_body(call);
        let placing = self.order(call.id.as_str(), &body, call.ring_agent);
        let posted = given_up.run_until_cancelled(placing).await;
        self.is_placed(&call.id);
        let (outcome, cause) = match posted.map(|(posted, _)| posted) {
            Some(Posted::Taken) if !given_up.is_cancelled() => {
                let speaks_by = begun + call.ring_agent + call.ring_contact + GRACE;
                return self.keep_watch(desk, &call.id, speaks_by).await;
            }
            None | Some(Posted::Taken) => {
                self.steer("call.hang_up", &call.id).await;
                (CallOutcome::Cancelled, "hung up by the desk".to_owned())
            }
            Some(Posted::Away) => {
                // It may ring there all the same.
                self.steer("call.hang_up", &call.id).await;
                (CallOutcome::Failed, "the bridge does not answer".to_owned())
            }
            Some(Posted::Refused(0)) => {
                (CallOutcome::Failed, "the bridge's address is not allowed".to_owned())
            }
            Some(Posted::Unknown) => {
                (CallOutcome::Failed, "the bridge refuses the call".to_owned())
            }
            Some(Posted::Refused(status)) => {
                (CallOutcome::Failed, format!("the bridge refuses the call: HTTP {status}"))
            }
        };
        tell(desk, &call.id, CallEvent::Ended(end(outcome, None, &cause))).await;
    }

    /// Ends a call. The bridge tells how; where it knows no such call, we do.
    async fn hang_up(&self, desk: &dyn CallDesk, call: &CallId) {
        let Some(watched) = self.watched().get(call).cloned() else { return };
        if !watched.is_placed {
            watched.given_up.cancel();
            return;
        }
        if self.steer("call.hang_up", call).await != Posted::Taken {
            watched.ended.cancel();
            let cancelled = end(CallOutcome::Cancelled, None, "hung up by the desk");
            tell(desk, call, CallEvent::Ended(cancelled)).await;
        }
    }

    async fn steer(&self, kind: &str, call: &CallId) -> Posted {
        let id = format!("{call}.{kind}.{}", self.means.clock.now().0);
        self.order(&id, &json!({ "type": kind, "id": call }), ORDER_WITHIN).await.0
    }

    /// How far the bridge says that a call is; `Ok(None)` when it knows no such call.
    async fn look(&self, call: &CallId) -> Result<Option<Stage>, ()> {
        let id = format!("{call}.call.look_up.{}", self.means.clock.now().0);
        let body = json!({ "type": "call.look_up", "id": call });
        match self.order(&id, &body, LOOK_WITHIN).await {
            (Posted::Taken, Some(answer)) => answer.json().map(Some).map_err(drop),
            (Posted::Unknown, _) => Ok(None),
            _ => Err(()),
        }
    }

    /// Asks now and then how far it is, until it has ended.
    async fn keep_watch(&self, desk: &dyn CallDesk, call: &CallId, speaks_by: Instant) {
        let mut in_vain = 0;
        let lost = loop {
            tokio::time::sleep(self.config.look_every).await;
            match self.look(call).await {
                Ok(None) => break end(CallOutcome::Lost, None, "the bridge knows no such call"),
                Ok(Some(found)) => match found.stage {
                    CallStage::Ended => break found.end(),
                    CallStage::Connected | CallStage::Held => in_vain = 0,
                    _ if Instant::now() < speaks_by => in_vain = 0,
                    _ => {
                        self.steer("call.hang_up", call).await;
                        break end(CallOutcome::Failed, None, "the bridge let it ring too long");
                    }
                },
                Err(()) if in_vain < LOOKS_IN_VAIN_MAX => in_vain += 1,
                Err(()) => break end(CallOutcome::Lost, None, "the bridge does not answer"),
            }
        };
        tell(desk, call, CallEvent::Ended(lost)).await;
    }

    async fn take_over(&self, desk: &dyn CallDesk, call: &Call, stage: CallStage) {
        let found = self.look(&call.id).await;
        let event = match found {
            Ok(Some(found)) if found.stage == CallStage::Ended => CallEvent::Ended(found.end()),
            Ok(Some(found)) if matches!(found.stage, CallStage::Connected | CallStage::Held) => {
                return self.adopt(desk, (&call.id, stage), found.stage).await;
            }
            _ => {
                self.steer("call.hang_up", &call.id).await;
                CallEvent::Ended(end(CallOutcome::Lost, None, "its owner died"))
            }
        };
        tell(desk, &call.id, event).await;
    }

    /// Both speak: what was not told of it yet is told, and it is watched from here on.
    async fn adopt(&self, desk: &dyn CallDesk, (call, told): (&CallId, CallStage), is: CallStage) {
        let news = match (told, is) {
            (CallStage::Connected, CallStage::Held) => Some(CallEvent::Held),
            (CallStage::Held, CallStage::Connected) => Some(CallEvent::Resumed),
            (told, _) if told < CallStage::Connected => Some(CallEvent::Connected),
            _ => None,
        };
        if let Some(news) = news
            && tell(desk, call, news).await == Told::NotOurs
        {
            self.steer("call.hang_up", call).await;
            return;
        }
        self.keep_watch(desk, call, Instant::now()).await;
    }
}
