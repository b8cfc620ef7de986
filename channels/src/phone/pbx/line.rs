//! Carries out the orders of a line, and brings each call its news.

use super::call::{Input, Served};
use super::{News, Pbx};
use crate::phone::telling::{end, tell, tell_missed};
use crate::phone::{CALLS_MAX, CallDesk, CallEvent, CallOrder, MissedCall};
use domain::{CallId, CallOutcome};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// What may wait for one call while the desk is away: a call has fewer news, unless somebody plays with
/// the hold button.
const INBOX_MAX: usize = 64;
/// So many calls that nobody took may wait for the desk at once; more are let go untold.
const MISSED_MAX: usize = 200;

/// Where one call gets its news.
struct Inbox {
    writes: mpsc::Sender<Input>,
    /// Something did not fit: the call must look for itself.
    has_missed: Arc<AtomicBool>,
}

impl Inbox {
    fn put(&self, input: Input) {
        if self.writes.try_send(input).is_err() {
            self.has_missed.store(true, Ordering::Release);
        }
    }
}

/// Keeps a line until dropped: takes orders, gives news to the calls, and runs them.
pub(crate) async fn keep(pbx: &dyn Pbx, desk: &dyn CallDesk, mut news: mpsc::Receiver<News>) {
    let mut calls: HashMap<CallId, Inbox> = HashMap::new();
    let mut running: FuturesUnordered<BoxFuture<'_, CallId>> = FuturesUnordered::new();
    let mut missed: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
    loop {
        tokio::select! {
            // What refuses an order waits for the desk too.
            order = desk.next(), if running.len() < 2 * CALLS_MAX => {
                if let Some((id, inbox, serving)) = take(pbx, desk, order, &calls) {
                    calls.insert(id, inbox);
                    running.push(serving);
                }
            }
            Some(came) = news.recv() => match came {
                News::Heard(call, signal) => give(&calls, &call, Input::Heard(signal)),
                News::Back => calls.values().for_each(|inbox| inbox.put(Input::Doubt)),
                News::Missed(call) if missed.len() < MISSED_MAX => {
                    missed.push(Box::pin(missed_call(pbx, desk, call)));
                }
                News::Missed(call) => {
                    tracing::warn!("a missed call is not told: too many wait");
                    pbx.let_caller_go(&call).await;
                }
            },
            Some(ended) = running.next() => drop(calls.remove(&ended)),
            Some(()) = missed.next() => {}
        }
    }
}

fn give(calls: &HashMap<CallId, Inbox>, call: &CallId, input: Input) {
    if let Some(inbox) = calls.get(call) {
        inbox.put(input);
    }
}

type Taken<'a> = (CallId, Inbox, BoxFuture<'a, CallId>);

/// Takes an order: gives it to its call, or begins one.
fn take<'a>(
    pbx: &'a dyn Pbx,
    desk: &'a dyn CallDesk,
    order: CallOrder,
    calls: &HashMap<CallId, Inbox>,
) -> Option<Taken<'a>> {
    let (call, found) = match order {
        CallOrder::Place(call) => (call, None),
        CallOrder::TakeOver { call, stage, .. } => (call, Some(stage)),
        CallOrder::HangUp(call) => {
            give(calls, &call, Input::HangUp);
            return None;
        }
        CallOrder::Hold(call) => {
            give(calls, &call, Input::Hold);
            return None;
        }
        CallOrder::Resume(call) => {
            give(calls, &call, Input::Resume);
            return None;
        }
    };
    let id = call.id.clone();
    if calls.contains_key(&id) {
        return None;
    }
    let (writes, inbox) = mpsc::channel(INBOX_MAX);
    let has_missed = Arc::<AtomicBool>::default();
    let is_full = calls.len() >= CALLS_MAX && found.is_none();
    let served = Served::new((pbx, desk), call, (inbox, has_missed.clone()));
    let serving: BoxFuture<'a, CallId> = match found {
        None if is_full => Box::pin(refuse(desk, id.clone())),
        None => Box::pin(served.place()),
        Some(stage) => Box::pin(served.take_over(stage)),
    };
    Some((id, Inbox { writes, has_missed }, serving))
}

async fn refuse(desk: &dyn CallDesk, call: CallId) -> CallId {
    let full = end(CallOutcome::Failed, None, "line full");
    tell(desk, &call, CallEvent::Ended(full)).await;
    call
}

async fn missed_call(pbx: &dyn Pbx, desk: &dyn CallDesk, missed: MissedCall) {
    tell_missed(desk, &missed).await;
    pbx.let_caller_go(&missed).await;
}
