//! Words to an app's user: which conversations wait, and what goes once to each device.

use super::desk::*;
use super::properties::T0;
use super::server::RedisServer;
use crate::command::{Closer, NewDelivery, PushUnread, Reader};
use crate::reply::UnreadPushed;
use crate::router::Router;
use domain::{
    ChannelKind, ConversationId, DeliveryId, DeviceId, EndpointId, Entry, PushProvider, Timestamp,
};

const WAIT_MS: u64 = 5_000;

fn of_app() -> Entry {
    Entry { kind: ChannelKind::App, ..entry("tax:3", T0, 60_000) }
}

fn device(n: u32) -> DeviceId {
    format!("device-number-{n:06}").parse().unwrap()
}

async fn asked(router: &Router) -> ConversationId {
    let mut li = agent("li", "tax:4", 3);
    let capacity = li.capacity.kinds[&ChannelKind::WebChat];
    li.capacity.kinds.insert(ChannelKind::App, capacity);
    ready(router, &li).await;
    says(router, 1, 1, &of_app()).await;
    conv(1)
}

async fn served(router: &Router) -> ConversationId {
    let id = asked(router).await;
    router.accept_offer(&tenant(), &id, &agent_id("li"), &"ofr_1".parse().unwrap()).await.unwrap();
    id
}

/// Pushes to these devices what goes up to a seq; the ids follow from it, as they do in the product.
async fn pushes(router: &Router, devices: &[u32], (known, upto): (u64, u64)) -> UnreadPushed {
    let named: Vec<(DeviceId, DeliveryId, EndpointId)> = devices
        .iter()
        .map(|n| {
            let id = format!("dlv_{n}_{upto}").parse().unwrap();
            (device(*n), id, format!("push-fcm-{n}").parse().unwrap())
        })
        .collect();
    let new = |id, endpoint| NewDelivery { id, endpoint, payload: "{}" };
    let unread = PushUnread {
        conversation: &conv(1),
        known,
        upto,
        wait_ms: WAIT_MS,
        look_at: None,
        notifications: named.iter().map(|(device, id, at)| (device, new(id, at))).collect(),
    };
    router.push_unread(&tenant(), &unread).await.unwrap()
}

async fn waiting(router: &Router) -> Vec<(ConversationId, i64)> {
    let far = Timestamp(T0 + 1_000_000);
    let found = router.unpushed(&tenant(), far, 10).await.unwrap();
    found.into_iter().map(|(id, at)| (id, at.0)).collect()
}

#[tokio::test]
async fn only_what_is_said_to_an_apps_user_waits() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let id = asked(&router).await;
    assert_eq!(waiting(&router).await, [], "their own words wait for nobody");
    router.accept_offer(&tenant(), &id, &agent_id("li"), &"ofr_1".parse().unwrap()).await.unwrap();
    assert_eq!(waiting(&router).await, [(id.clone(), T0)]);
    let later = router.clone().at(T0 + 700);
    answers(&later, 7, None).await;
    assert_eq!(waiting(&router).await, [(id, T0)], "what waits longest counts");
    let before = router.unpushed(&tenant(), Timestamp(T0 - 1), 10).await.unwrap();
    assert_eq!(before, []);

    let other = RedisServer::start();
    let router = other.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    router
        .accept_offer(&tenant(), &conv(1), &agent_id("li"), &"ofr_1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(waiting(&router).await, [], "a web chat's visitor has no device");
}

#[tokio::test]
async fn a_word_goes_once_to_each_device_and_not_when_it_is_read() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let id = served(&router).await;
    let seq = answers(&router, 7, None).await;
    assert_eq!(pushes(&router, &[1, 2], (0, seq)).await, UnreadPushed::Pushed(2));
    assert_eq!(pushes(&router, &[1, 2, 3], (0, seq)).await, UnreadPushed::Pushed(1), "one is new");
    assert_eq!(waiting(&router).await, []);
    let marks = router.pushed_to(&tenant(), &id, &[device(1), device(9)]).await.unwrap();
    assert_eq!(marks, [seq, 0]);
    assert!(router.claim_deliveries(&tenant(), None, "g", (1_000, 10)).await.unwrap().is_empty());
    let within = (60_000, 10);
    let jpush = router.claim_deliveries(&tenant(), Some(PushProvider::Jpush), "g", within).await;
    assert!(jpush.unwrap().is_empty(), "another service's");
    let claimed = router.claim_deliveries(&tenant(), Some(PushProvider::Fcm), "g", within).await;
    assert_eq!(claimed.unwrap().len(), 3);

    let next = answers(&router, 8, None).await;
    let reader = contact(1);
    router.mark_read(&tenant(), &id, &Reader::Contact(&reader), next).await.unwrap();
    assert_eq!(pushes(&router, &[1], (0, next)).await, UnreadPushed::Changed);
    assert_eq!(pushes(&router, &[], (next, next)).await, UnreadPushed::Pushed(0));
    assert_eq!(waiting(&router).await, []);
    let report = router.fsck(&tenant(), false).await.unwrap();
    assert!(report.discrepancies.is_empty(), "{:?}", report.discrepancies);
}

#[tokio::test]
async fn a_device_in_the_foreground_is_looked_at_again_and_what_was_said_meanwhile_too() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let id = served(&router).await;
    let seq = answers(&router, 7, None).await;
    let name = format!("{}/socket", device(1));
    router.attend(&tenant(), &contact(1), &name, 30_000).await.unwrap();
    assert_eq!(pushes(&router, &[1, 2], (0, seq)).await, UnreadPushed::Pushed(1));
    let again = T0 + i64::try_from(WAIT_MS).unwrap();
    assert_eq!(waiting(&router).await, [(id.clone(), again)]);
    // A new word ends the pause.
    answers(&router, 8, None).await;
    assert_eq!(waiting(&router).await, [(id.clone(), T0)]);
    // Said after what the caller saw: looked at anew.
    router.attend(&tenant(), &contact(1), &name, 0).await.unwrap();
    assert_eq!(pushes(&router, &[1, 2], (0, seq)).await, UnreadPushed::Pushed(1));
    assert_eq!(waiting(&router).await, [(id, T0)]);
}

#[tokio::test]
async fn the_end_of_a_conversation_is_told_although_it_was_archived() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let id = served(&router).await;
    let li = agent_id("li");
    router.close(&tenant(), &id, &Closer::Agent(&li), None).await.unwrap();
    let (over, _) = router.conversation(&tenant(), &id).await.unwrap().unwrap();
    assert!(router.archive(&tenant(), &id, over.last_seq).await.unwrap());
    assert_eq!(pushes(&router, &[1], (0, over.last_seq)).await, UnreadPushed::Pushed(1));
    assert_eq!(waiting(&router).await, []);
    let nobody = "conv_9999".parse().unwrap();
    let unread = PushUnread {
        conversation: &nobody,
        known: 0,
        upto: 0,
        wait_ms: WAIT_MS,
        look_at: None,
        notifications: Vec::new(),
    };
    assert_eq!(router.push_unread(&tenant(), &unread).await.unwrap(), UnreadPushed::Unknown);
}
