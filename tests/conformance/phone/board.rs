//! A desk in memory for telephones: it gives the orders of a test, and remembers what was told.

use channels::phone::{CallDesk, CallEnd, CallEvent, CallOrder, MissedCall, Told};
use channels::{Accepted, SinkError};
use domain::CallId;
use std::sync::Arc;
use tests::watched::Watched;
use tokio::sync::{Mutex, mpsc};

/// More orders than any test gives at once.
const ORDERS_MAX: usize = 2_048;

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What happened to calls, in order.
    pub(crate) events: Vec<(CallId, CallEvent)>,
    /// Who rang.
    pub(crate) missed: Vec<MissedCall>,
    /// So many of the next are not taken.
    pub(crate) refusals: usize,
    /// The calls that are somebody else's.
    pub(crate) not_ours: Vec<CallId>,
}

/// The desk.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) heard: Watched<Heard>,
    orders: Mutex<mpsc::Receiver<CallOrder>>,
    writes: mpsc::Sender<CallOrder>,
}

impl Board {
    pub(crate) fn open() -> Arc<Self> {
        let (writes, orders) = mpsc::channel(ORDERS_MAX);
        Arc::new(Self { heard: Watched::default(), orders: Mutex::new(orders), writes })
    }

    /// The line's next order.
    pub(crate) fn order(&self, order: CallOrder) {
        self.writes.try_send(order).unwrap();
    }

    /// Waits until something was told of a call, and gives everything that was told of it by then, traces
    /// left out.
    pub(crate) async fn until(&self, call: &CallId, event: &CallEvent) -> Vec<CallEvent> {
        let what = format!("{event:?} of {call}");
        self.heard
            .until(&what, |heard| {
                let told = of(heard, call);
                told.contains(event).then_some(told)
            })
            .await
    }

    /// Waits until there is a trace of a call, and tells how many there are.
    pub(crate) async fn until_trace(&self, call: &CallId) -> usize {
        let is_trace =
            |(of, event): &&(CallId, CallEvent)| of == call && matches!(event, CallEvent::Trace(_));
        self.heard
            .until(&format!("a trace of {call}"), |heard| {
                let count = heard.events.iter().filter(is_trace).count();
                (count > 0).then_some(count)
            })
            .await
    }

    /// Waits until something was told of a call a second time, and tells how often it was.
    pub(crate) async fn until_told_again(&self, call: &CallId, event: &CallEvent) -> usize {
        let is_it = |told: &&CallEvent| *told == event;
        self.heard
            .until(&format!("{event:?} of {call} once more"), |heard| {
                let times = of(heard, call).iter().filter(is_it).count();
                (times > 1).then_some(times)
            })
            .await
    }

    /// Waits until a call is over, and tells how.
    pub(crate) async fn end(&self, call: &CallId) -> CallEnd {
        self.heard
            .until(&format!("the end of {call}"), |heard| {
                of(heard, call).into_iter().find_map(|event| match event {
                    CallEvent::Ended(end) => Some(end),
                    _ => None,
                })
            })
            .await
    }
}

fn of(heard: &Heard, call: &CallId) -> Vec<CallEvent> {
    let told = heard.events.iter().filter(|(of, _)| of == call).map(|(_, event)| event.clone());
    told.filter(|event| !matches!(event, CallEvent::Trace(_))).collect()
}

#[async_trait::async_trait]
impl CallDesk for Board {
    async fn next(&self) -> CallOrder {
        match self.orders.lock().await.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }

    async fn told(&self, call: &CallId, event: CallEvent) -> Result<Told, SinkError> {
        self.heard.change(|heard| {
            if heard.refusals > 0 {
                heard.refusals -= 1;
                return Err(SinkError {
                    reason: "the desk is away".to_owned(),
                    retry_after_ms: 10,
                });
            }
            if heard.not_ours.contains(call) {
                return Ok(Told::NotOurs);
            }
            heard.events.push((call.clone(), event));
            Ok(Told::Kept)
        })
    }

    async fn missed(&self, missed: MissedCall) -> Result<Accepted, SinkError> {
        self.heard.change(|heard| heard.missed.push(missed));
        Ok(Accepted::Noted)
    }
}
