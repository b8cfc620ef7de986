//! Doors that keep connections of their own.

use crate::doors::{self, FarEnd, Rig};
use crate::everyone::name;
use crate::inlet::Behind;
use channels::inbound::EXTERNAL_ID_BYTES_MAX;
use channels::{AdapterError, Inlet};
use std::sync::Arc;
use std::time::Duration;
use tests::eventually;
use tests::eventually::holds;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A door that is kept running as the gateway keeps it: again whenever it could not go on.
pub(crate) struct Kept {
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Kept {
    pub(crate) fn running(rig: &dyn Rig, inlet: &Inlet) -> Self {
        let (adapter, inlet, stop) = (rig.adapter(), inlet.clone(), CancellationToken::new());
        let (token, mut running) = (stop.clone(), JoinSet::new());
        running.spawn(async move {
            while !token.is_cancelled() {
                if adapter.run(inlet.clone(), token.clone()).await.is_err() {
                    tokio::task::yield_now().await;
                }
            }
        });
        Self { stop, running }
    }

    /// Ends it, within a time.
    pub(crate) async fn ends(mut self, door: &str) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.running.join_next()).await;
        assert!(matches!(ended, Ok(Some(Ok(())))), "{door} did not stop when asked: {ended:?}");
    }
}

/// Every door that runs, running, with what stands behind it.
async fn each(check: impl AsyncFn(&dyn Rig, &FarEnd, &Arc<Behind>)) {
    for rig in doors::with(|can| can.runs) {
        let (name, (inlet, behind)) = (name(rig.as_ref()), Behind::open());
        let kept = Kept::running(rig.as_ref(), &inlet);
        check(rig.as_ref(), rig.far_end().unwrap(), &behind).await;
        kept.ends(&name).await;
    }
}

#[tokio::test]
async fn everything_arrives_once_in_order_under_a_stable_id() {
    each(async |rig, far_end, behind| {
        let name = &name(rig);
        for n in 0..5 {
            far_end.hears(&format!("m{n}"), &format!("word {n}"));
        }
        let expected: Vec<String> = (0..5).map(|n| format!("word {n}")).collect();
        assert_eq!(behind.texts(5).await, expected, "{name}");
        behind.taken.look(|taken| {
            for (n, inbound) in taken.accepted.iter().enumerate() {
                assert_eq!(inbound.external_id, rig.known_as(&format!("m{n}")), "{name}");
                assert!(inbound.external_id.len() <= EXTERNAL_ID_BYTES_MAX, "{name}");
                assert_eq!(inbound.channel.as_str(), "reference", "{name}");
            }
            assert!(taken.again.is_empty(), "{name}: {:?}", taken.again);
        });
    })
    .await;
}

#[tokio::test]
async fn what_was_not_taken_is_given_again_and_not_confirmed_before() {
    each(async |rig, far_end, behind| {
        let name = &name(rig);
        far_end.hears("m0", "first");
        behind.texts(1).await;
        eventually("the first is confirmed", async || {
            holds(far_end.confirmed() == 1, format!("{name}: {}", far_end.confirmed()))
        })
        .await;
        behind.refuses(usize::MAX);
        far_end.hears("m1", "second");
        let is_refused = |taken: &crate::inlet::Taken| (taken.refused > 2).then_some(());
        behind.taken.until("it is offered again and again", is_refused).await;
        assert_eq!(far_end.confirmed(), 1, "{name} confirmed what we do not have");
        behind.refuses(0);
        assert_eq!(behind.texts(2).await, ["first", "second"], "{name}");
    })
    .await;
}

#[tokio::test]
async fn a_line_that_breaks_is_opened_again_and_nothing_is_missed() {
    each(async |rig, far_end, behind| {
        let name = &name(rig);
        far_end.hears("m0", "before");
        behind.texts(1).await;
        far_end.goes_down();
        far_end.hears("m1", "meanwhile");
        far_end.comes_back();
        far_end.hears("m2", "after");
        assert_eq!(behind.texts(3).await, ["before", "meanwhile", "after"], "{name}");
    })
    .await;
}

#[tokio::test]
async fn another_owner_goes_on_where_the_last_one_stopped() {
    for rig in doors::with(|can| can.runs) {
        let (name, (inlet, behind)) = (name(rig.as_ref()), Behind::open());
        let far_end = rig.far_end().unwrap();
        let first = Kept::running(rig.as_ref(), &inlet);
        far_end.hears("m0", "to the first");
        behind.texts(1).await;
        eventually("it is confirmed", async || holds(far_end.confirmed() == 1, &*name)).await;
        first.ends(&name).await;
        far_end.hears("m1", "to nobody");
        let second = Kept::running(rig.as_ref(), &inlet);
        assert_eq!(behind.texts(2).await, ["to the first", "to nobody"], "{name}");
        behind.taken.look(|taken| assert!(taken.again.is_empty(), "{name}: {:?}", taken.again));
        second.ends(&name).await;
    }
}

#[tokio::test]
async fn a_door_that_cannot_go_on_says_so_and_may_be_run_again() {
    for rig in doors::with(|can| can.runs && !can.delivers_where_it_runs) {
        let (inlet, behind) = Behind::open();
        behind.refuses(1);
        rig.far_end().unwrap().hears("m0", "hello");
        let ended = rig.adapter().run(inlet, CancellationToken::new()).await;
        assert!(
            matches!(ended, Err(AdapterError::NotTaken(_))),
            "{}: {ended:?}",
            name(rig.as_ref())
        );
    }
}
