//! Doors that are called back.

use crate::doors::{self, Rig};
use crate::everyone::name;
use crate::inlet::Behind;
use channels::{AdapterError, RawRequest};

/// Every door that is called back, each with a request that says something.
fn each() -> Vec<(Box<dyn Rig>, RawRequest)> {
    let doors = doors::with(|can| can.callbacks).into_iter();
    doors
        .map(|rig| {
            let request = rig.request("e1", "hello").unwrap_or_else(|| {
                panic!("{} is called back, and its rig cannot call", name(rig.as_ref()))
            });
            (rig, request)
        })
        .collect()
}

#[tokio::test]
async fn an_authentic_request_is_answered_well_only_after_it_was_taken() {
    for (rig, request) in each() {
        let (name, (inlet, behind)) = (name(rig.as_ref()), Behind::open());
        behind.refuses(1);
        let answer = rig.adapter().callback(&request, &inlet).await;
        assert!(matches!(answer, Err(AdapterError::NotTaken(_))), "{name}: {answer:?}");
        let answer = rig.adapter().callback(&request, &inlet).await.unwrap();
        assert!((200..300).contains(&answer.status), "{name}: {answer:?}");
        behind.taken.look(|taken| assert_eq!(taken.accepted.len(), 1, "{name}"));
        // The platform calls again: the same event has the same id. A call that only says that there is
        // something to fetch may find nothing any more.
        rig.adapter().callback(&request, &inlet).await.unwrap();
        behind.taken.look(|taken| {
            assert_eq!(taken.accepted.len(), 1, "{name}");
            assert!(taken.again.len() <= 1, "{name}");
        });
    }
}

#[tokio::test]
async fn a_forged_or_altered_request_reaches_nobody() {
    for (rig, request) in each() {
        let (name, (inlet, behind)) = (name(rig.as_ref()), Behind::open());
        for forged in rig.forgeries(&request) {
            let answer = rig.adapter().callback(&forged, &inlet).await;
            let is_refused = matches!(answer, Err(AdapterError::NotAuthentic));
            assert!(is_refused, "{name}: {forged:?} → {answer:?}");
        }
        behind.taken.look(|taken| assert!(taken.accepted.is_empty(), "{name}"));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_is_no_crash() {
    for rig in doors::with(|can| can.callbacks) {
        let (name, (inlet, _)) = (name(rig.as_ref()), Behind::open());
        let Some(request) = rig.gibberish() else { continue };
        let answer = rig.adapter().callback(&request, &inlet).await;
        assert!(matches!(answer, Err(AdapterError::Malformed(_))), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn a_challenge_is_answered_and_takes_nothing_in() {
    for rig in doors::with(|can| can.callbacks) {
        let (name, (inlet, behind)) = (name(rig.as_ref()), Behind::open());
        let Some((request, wanted)) = rig.challenge() else { continue };
        let answer = rig.adapter().callback(&request, &inlet).await.unwrap();
        assert_eq!((answer.status, answer.body), (200, wanted), "{name}");
        behind.taken.look(|taken| assert!(taken.accepted.is_empty(), "{name}"));
    }
}
