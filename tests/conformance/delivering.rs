//! Doors through which something leaves.

use crate::doors::{self, FarEnd, Rig};
use crate::everyone::{can, command, name, says};
use crate::inlet::Behind;
use crate::running::Kept;
use channels::{Action, ChannelAdapter, Command, Outcome};
use std::sync::Arc;
use tests::eventually;
use tests::eventually::holds;

/// What a door is there for.
fn errand(rig: &dyn Rig, id: &str) -> Command {
    let call = Action::StartCall { agent_address: "+86 10 1234".to_owned() };
    // The words are the id: a stand-in that sees only words knows a command by them.
    command(id, if can(rig).voice { call } else { says(id) })
}

/// Every door from which something leaves, open.
async fn each(
    check: impl AsyncFn(&str, &Arc<dyn ChannelAdapter>, &FarEnd, &dyn Fn(&str) -> Command),
) {
    for rig in doors::with(|can| !can.read_from_log) {
        let (name, far_end) = (name(rig.as_ref()), rig.far_end().unwrap());
        let (inlet, _) = Behind::open();
        let kept = can(rig.as_ref()).runs.then(|| Kept::running(rig.as_ref(), &inlet));
        if can(rig.as_ref()).delivers_where_it_runs {
            eventually("the socket is open", async || holds(far_end.connections() > 0, &*name))
                .await;
        }
        check(&name, &rig.adapter(), far_end, &|id| errand(rig.as_ref(), id)).await;
        if let Some(kept) = kept {
            kept.ends(&name).await;
        }
    }
}

#[tokio::test]
async fn what_is_sent_reaches_the_contact_and_the_same_twice_is_one() {
    each(async |name, adapter, far_end, errand| {
        let first = adapter.deliver(&errand("c1")).await;
        assert!(matches!(&first, Outcome::Sent(ids) if !ids.is_empty()), "{name}: {first:?}");
        let again = adapter.deliver(&errand("c1")).await;
        assert!(matches!(again, Outcome::Sent(_) | Outcome::InDoubt(_)), "{name}: {again:?}");
        adapter.deliver(&errand("c2")).await;
        assert_eq!(far_end.reached(), ["c1", "c2"], "{name}");
    })
    .await;
}

#[tokio::test]
async fn a_far_end_that_is_away_is_no_failure_for_good() {
    each(async |name, adapter, far_end, errand| {
        far_end.goes_down();
        let outcome = adapter.deliver(&errand("c1")).await;
        let is_retried = matches!(outcome, Outcome::Unavailable(_) | Outcome::RateLimited(_));
        assert!(is_retried, "{name}: {outcome:?}");
        assert!(far_end.reached().is_empty(), "{name}");
        far_end.comes_back();
        eventually("it is sent", async || match adapter.deliver(&errand("c1")).await {
            Outcome::Sent(_) => Ok(()),
            other => Err(format!("{name}: {other:?}")),
        })
        .await;
        assert_eq!(far_end.reached(), ["c1"], "{name}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_never_came_is_a_doubt_and_is_asked_about() {
    each(async |name, adapter, far_end, errand| {
        far_end.dies_after_taking();
        let outcome = adapter.deliver(&errand("c1")).await;
        assert!(matches!(outcome, Outcome::InDoubt(_)), "{name}: {outcome:?}");
        let found = adapter.look_up(&errand("c1")).await;
        // It did reach the contact: a door that says otherwise would send it twice.
        assert!(matches!(found, Outcome::Sent(_) | Outcome::InDoubt(_)), "{name}: {found:?}");
        let other = adapter.look_up(&errand("c9")).await;
        let is_told = matches!(other, Outcome::Unavailable(_) | Outcome::InDoubt(_));
        assert!(is_told, "{name} knows of what it never sent: {other:?}");
        assert_eq!(far_end.reached(), ["c1"], "{name}: looking sends nothing");
    })
    .await;
}

#[tokio::test]
async fn a_dead_address_is_told_from_a_bad_day() {
    each(async |name, adapter, far_end, errand| {
        far_end.loses_recipient();
        let outcome = adapter.deliver(&errand("c1")).await;
        assert_eq!(outcome, Outcome::RecipientGone, "{name}");
    })
    .await;
}

#[tokio::test]
async fn a_door_that_delivers_where_it_runs_delivers_nowhere_else() {
    for rig in doors::with(|can| can.delivers_where_it_runs) {
        let outcome = rig.adapter().deliver(&errand(rig.as_ref(), "c1")).await;
        assert!(matches!(outcome, Outcome::Unavailable(_)), "{}: {outcome:?}", name(rig.as_ref()));
    }
}
