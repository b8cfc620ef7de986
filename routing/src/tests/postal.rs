//! Random sequences over the outbox and a duty, against the real Redis and the twin.

use super::desk::*;
use super::model::Outbox;
use super::properties::{T0, cases, check, differ};
use super::server::RedisServer;
use crate::command::{DeliveryOutcome, NewDelivery, OutboxBounds};
use crate::reply::*;
use crate::router::Router;
use domain::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// What can happen to the outbox and a duty.
#[derive(Debug, Clone)]
pub(super) enum Post {
    Dispatch { old_epoch: bool, letters: Vec<(u32, usize)> },
    Claim { owner: usize, lease: i64, limit: usize },
    Renew { place: usize, lease: i64 },
    Record { place: usize, outcome: usize, stale: bool },
    RetryDead { letter: u32, drop: bool },
    TakeDuty { owner: usize, time: i64 },
    ReleaseDuty { owner: usize },
}

fn post() -> impl Strategy<Value = (Post, i64)> {
    let ops = prop_oneof![
        4 => (prop::bool::weighted(0.2), prop::collection::vec((0u32..12, 0usize..3), 0..4))
            .prop_map(|(old_epoch, letters)| Post::Dispatch { old_epoch, letters }),
        4 => (0usize..2, 1_000i64..60_000, 1usize..4).prop_map(|(owner, lease, limit)| Post::Claim { owner, lease, limit }),
        3 => (0usize..8, 1_000i64..60_000).prop_map(|(place, lease)| Post::Renew { place, lease }),
        5 => (0usize..8, 0usize..3, prop::bool::weighted(0.1)).prop_map(|(place, outcome, stale)| Post::Record { place, outcome, stale }),
        3 => (0u32..12, prop::bool::weighted(0.2)).prop_map(|(letter, drop)| Post::RetryDead { letter, drop }),
        3 => (0usize..2, 1_000i64..60_000).prop_map(|(owner, time)| Post::TakeDuty { owner, time }),
        1 => (0usize..2).prop_map(|owner| Post::ReleaseDuty { owner }),
    ];
    (ops, 0i64..40_000)
}

#[test]
fn redis_and_the_twin_agree_on_the_outbox_and_its_duty() {
    let library = crate::library::text();
    check(cases(64), &library, &letters(), post_run).unwrap();
}

pub(super) fn letters() -> impl Strategy<Value = Vec<(Post, i64)>> {
    prop_oneof![19 => prop::collection::vec(post(), 1..60), 1 => Just(late_answer())]
}

/// What chance seldom makes: the answer to a delivery comes when its lease is over and an earlier
/// letter, dead before and tried again, is on its way.
fn late_answer() -> Vec<(Post, i64)> {
    let claim = |owner, lease| Post::Claim { owner, lease, limit: 1 };
    vec![
        (Post::TakeDuty { owner: 0, time: 60_000 }, 0),
        (Post::Dispatch { old_epoch: false, letters: vec![(0, 0), (1, 0)] }, 0),
        (claim(0, 1_000), 0),
        (Post::Record { place: 0, outcome: 2, stale: false }, 0),
        (claim(0, 1_000), 0),
        (Post::RetryDead { letter: 0, drop: false }, 0),
        (claim(1, 60_000), 2_000),
        (Post::Renew { place: 1, lease: 1_000 }, 0),
        (Post::Record { place: 1, outcome: 0, stale: false }, 0),
        (claim(0, 1_000), 10_000),
    ]
}

pub(super) async fn post_run(router: Router, steps: Vec<(Post, i64)>) -> Result<(), TestCaseError> {
    {
        let (mut twin, mut claims, mut now, mut epoch) = (Outbox::default(), Vec::new(), T0, 0u64);
        for (n, (op, after)) in steps.into_iter().enumerate() {
            now += after;
            twin.now = now;
            post_step(&router.at(now), &mut twin, &mut claims, &mut epoch, (n, &op)).await?;
            let compared = twin.compare(&router).await;
            prop_assert!(compared.is_ok(), "after {op:?}: {compared:?}");
        }
        Ok(())
    }
}

const OWNERS: [&str; 2] = ["g1", "g2"];
const ENDPOINTS: [&str; 3] = ["hook_a", "hook_b", "hook_c"];

async fn post_step(
    router: &Router,
    twin: &mut Outbox,
    claims: &mut Vec<(ClaimedDelivery, i64)>,
    epoch: &mut u64,
    (n, op): (usize, &Post),
) -> Result<(), TestCaseError> {
    let t = tenant();
    match op {
        Post::Dispatch { old_epoch, letters } => {
            let epoch = if *old_epoch { epoch.saturating_sub(1) } else { *epoch };
            let letters: Vec<(String, String)> = letters
                .iter()
                .map(|(letter, to)| (format!("dlv_{letter}"), ENDPOINTS[*to].to_owned()))
                .collect();
            let parsed: Vec<_> =
                letters.iter().map(|(id, to)| (id.parse().unwrap(), to.parse().unwrap())).collect();
            let new: Vec<NewDelivery<'_>> = parsed
                .iter()
                .map(|(id, endpoint)| NewDelivery { id, endpoint, payload: "{}" })
                .collect();
            let cursor = format!("{n}-0");
            let real = router.dispatch(&t, "webhooks", epoch, &cursor, &new).await.unwrap();
            differ("dispatch", &real, &twin.dispatch(epoch, &cursor, &letters))
        }
        Post::Claim { owner, lease, limit } => {
            let owner = OWNERS[*owner];
            let limit_u32 = u32::try_from(*limit).unwrap();
            let real = router.claim_deliveries(&t, None, owner, (*lease, limit_u32)).await.unwrap();
            let seen: Vec<(String, String, u32)> =
                real.iter().map(|c| (c.id.to_string(), c.token.clone(), c.tries)).collect();
            for claim in &real {
                // Judged from the claims alone: one on its way per endpoint, and no token twice.
                let both = claims.iter().find(|(other, until)| {
                    (other.endpoint == claim.endpoint && *until > twin.now)
                        || other.token == claim.token
                });
                prop_assert!(both.is_none(), "{claim:?} beside {both:?}");
            }
            claims.extend(real.into_iter().map(|claim| (claim, twin.now + *lease)));
            differ("claim", &seen, &twin.claim(owner, *lease, *limit))
        }
        Post::Renew { place, lease } => {
            let place = place % claims.len().max(1);
            let Some((claim, _)) = claims.get(place) else { return Ok(()) };
            let real = router.renew_delivery(&t, claim, *lease).await.unwrap();
            let known = twin.renew(claim.id.as_str(), &claim.token, *lease);
            if real {
                claims[place].1 = twin.now + *lease;
            }
            differ("renew", &real, &known)
        }
        Post::Record { place, outcome, stale } => {
            let place = place % claims.len().max(1);
            let Some((claim, _)) = claims.get(place) else { return Ok(()) };
            let mut claim = claim.clone();
            if *stale {
                claim.token.push('x');
            }
            let retry_at = twin.now + 5_000;
            let (name, real) = [
                ("sent", DeliveryOutcome::Sent),
                ("retry", DeliveryOutcome::RetryAt(Timestamp(retry_at), "503")),
                ("dead", DeliveryOutcome::Dead("410")),
            ][*outcome]
                .clone();
            let real = router.record_delivery(&t, &claim, &real).await.unwrap();
            if real {
                claims[place].1 = twin.now; // it came back
            }
            differ("record", &real, &twin.record(claim.id.as_str(), &claim.token, name, retry_at))
        }
        Post::RetryDead { letter, drop } => {
            let id = format!("dlv_{letter}");
            let parsed = id.parse().unwrap();
            let real = if *drop {
                router.drop_delivery(&t, &parsed).await.unwrap()
            } else {
                router.retry_delivery(&t, &parsed).await.unwrap()
            };
            differ("retry", &real, &twin.retry_dead(&id, *drop))
        }
        Post::TakeDuty { owner, time } => {
            let real = match router.take_duty(&t, "webhooks", OWNERS[*owner], *time).await.unwrap()
            {
                Duty::Held { epoch } => Ok(epoch),
                Duty::Elsewhere { owner, .. } => Err(owner),
            };
            if let Ok(held) = real {
                *epoch = held;
            }
            differ("take_duty", &real, &twin.take_duty(OWNERS[*owner], *time))
        }
        Post::ReleaseDuty { owner } => {
            router.release_duty(&t, "webhooks", OWNERS[*owner]).await.unwrap();
            twin.release_duty(OWNERS[*owner]);
            Ok(())
        }
    }
}

#[tokio::test]
async fn the_outbox_keeps_to_its_bounds() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    let (t, endpoint) = (tenant(), "crm".parse().unwrap());
    let Duty::Held { epoch } = router.take_duty(&t, "webhooks", "a", 60_000).await.unwrap() else {
        panic!("it is free");
    };
    for n in 0..10 {
        let id = format!("dlv_{n}").parse().unwrap();
        let new = [NewDelivery { id: &id, endpoint: &endpoint, payload: "{}" }];
        assert!(router.dispatch(&t, "webhooks", epoch, "1-0", &new).await.unwrap());
    }
    let first = router.claim_deliveries(&t, None, "a", (60_000, 1)).await.unwrap();
    let bounds = OutboxBounds { box_max: 4, dead_ms: 60_000, dead_max: 5 };
    let pruned = router.prune_deliveries(&t, Some(&endpoint), &bounds).await.unwrap();
    assert_eq!(pruned, (6, 1), "six are too many, and of those one dead letter is");
    let sent = router.record_delivery(&t, &first[0], &DeliveryOutcome::Sent).await.unwrap();
    assert!(sent, "what was on its way is not touched");
    let next = router.claim_deliveries(&t, None, "a", (60_000, 1)).await.unwrap();
    assert_eq!(next[0].id.as_str(), "dlv_7", "the newest are kept, in order");
    let dead = router.dead_deliveries(&t, 10).await.unwrap();
    assert!(dead.len() == 5 && dead.iter().all(|letter| letter.reason == "too many waited"));
    let later = router.at(router.now().await.unwrap().0 + 60_001);
    assert_eq!(later.prune_deliveries(&t, None, &bounds).await.unwrap(), (0, 5));
    assert_eq!(router.dead_deliveries(&t, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_dead_letter_tried_again_waits_for_the_one_on_its_way() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let t = tenant();
    router.take_duty(&t, "webhooks", "g1", 60_000).await.unwrap();
    let ids = ["dlv_1".parse().unwrap(), "dlv_2".parse().unwrap()];
    let endpoint = "hook".parse().unwrap();
    let letters = ids.each_ref().map(|id| NewDelivery { id, endpoint: &endpoint, payload: "{}" });
    router.dispatch(&t, "webhooks", 1, "1-0", &letters).await.unwrap();
    let first = router.claim_deliveries(&t, None, "g1", (60_000, 10)).await.unwrap().remove(0);
    router.record_delivery(&t, &first, &DeliveryOutcome::Dead("410")).await.unwrap();
    let second = router.claim_deliveries(&t, None, "g1", (60_000, 10)).await.unwrap().remove(0);
    assert!(router.retry_delivery(&t, &ids[0]).await.unwrap());
    let beside = router.claim_deliveries(&t, None, "g1", (60_000, 10)).await.unwrap();
    assert!(beside.is_empty(), "one at a time: {beside:?}");
    router.record_delivery(&t, &second, &DeliveryOutcome::Sent).await.unwrap();
    let again = router.claim_deliveries(&t, None, "g1", (60_000, 10)).await.unwrap().remove(0);
    assert_eq!((&again.id, again.tries), (&ids[0], 0));
    assert_ne!(again.token, first.token, "what the first claim says now is nobody's word");
    assert!(!router.record_delivery(&t, &first, &DeliveryOutcome::Sent).await.unwrap());
}
