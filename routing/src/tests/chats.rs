//! Messengers: where to answer, files to fetch, parts in their order, and names of both directions.

use super::desk::*;
use super::properties::T0;
use super::server::RedisServer;
use crate::command::{
    Belongs, DeliveryOutcome, NewDelivery, PlaceSaid, PlaceTold, PostWord, ReceiveMessage,
    SendMessage, Standing,
};
use crate::reply::{Accepted, Received, Sent};
use crate::router::Router;
use domain::{Author, ConversationId, DeliveryId, EndpointId};

fn delivery(name: &str) -> (DeliveryId, EndpointId) {
    (format!("dlv_{name}").parse().unwrap(), "chat-conv_0001".parse().unwrap())
}

/// Contact 1 says message `m`, with a file to fetch.
async fn writes(router: &Router, m: u32, fetch: &str) -> Received {
    let (id, endpoint) = (format!("dlv_{fetch}").parse().unwrap(), "fetch-1".parse().unwrap());
    let who = contact(1);
    let message = ReceiveMessage {
        channel: &channel(),
        contact: &who,
        external_id: &format!("ext-{m}"),
        new_conversation: &conv(1),
        content: &content(m, Author::Contact { id: who.clone() }),
        entry: &entry("tax:3", T0, 60_000),
        info: &info(),
        belongs: Belongs::ToContact,
        way: &format!("{{\"m\":{m}}}"),
        fetches: &[NewDelivery { id: &id, endpoint: &endpoint, payload: "file" }],
    };
    router.receive_message(&tenant(), &message).await.unwrap()
}

async fn answers(router: &Router, m: u32, parts: &[&str]) -> u64 {
    let li = agent_id("li");
    let named: Vec<_> = parts.iter().map(|part| delivery(part)).collect();
    let deliveries: Vec<_> =
        named.iter().map(|(id, endpoint)| NewDelivery { id, endpoint, payload: "part" }).collect();
    let send = SendMessage {
        conversation: &conv(1),
        agent: &li,
        standing: Standing::Holder,
        content: &content(m, Author::Agent { id: li.clone() }),
        deliveries: &deliveries,
        unread_after_ms: None,
    };
    match router.send_message(&tenant(), &send).await.unwrap() {
        Sent::Appended(seq) => seq,
        other => panic!("{other:?}"),
    }
}

async fn served(router: &Router) {
    ready(router, &agent("li", "tax:4", 3)).await;
    writes(router, 1, "f1").await;
    let taken = router
        .accept_offer(&tenant(), &conv(1), &agent_id("li"), &"ofr_1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(taken, Accepted::Assigned);
}

#[tokio::test]
async fn the_way_back_follows_the_last_word_and_counts_what_was_said_since() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    served(&router).await;
    let way = async || router.way_back(&tenant(), &conv(1)).await.unwrap();
    assert_eq!(way().await, Some(("{\"m\":1}".to_owned(), 0)));
    answers(&router, 2, &["a", "b", "c"]).await;
    assert_eq!(way().await, Some(("{\"m\":1}".to_owned(), 3)));
    // The same word again changes nothing, a new one begins anew.
    assert!(matches!(writes(&router, 1, "f1").await, Received::Duplicate { .. }));
    assert_eq!(way().await.map(|(_, said)| said), Some(3));
    writes(&router, 3, "f3").await;
    assert_eq!(way().await, Some(("{\"m\":3}".to_owned(), 0)));
    assert_eq!(router.way_back(&tenant(), &conv(9)).await.unwrap(), None);
}

#[tokio::test]
async fn parts_go_in_order_and_the_last_one_makes_the_message_arrive() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    served(&router).await;
    let seq = answers(&router, 2, &["a", "b"]).await;
    let t = tenant();
    let received = async || {
        let (conversation, _) = router.conversation(&t, &conv(1)).await.unwrap().unwrap();
        conversation.received_by_contact
    };
    for (part, name, arrived) in [("a", "far-a", false), ("b", "far-b", true)] {
        let claimed = router.claim_deliveries(&t, None, "g1", (60_000, 10)).await.unwrap();
        let claimed = claimed.into_iter().find(|one| one.payload == "part").unwrap();
        assert_eq!(claimed.id.as_str(), format!("dlv_{part}"));
        assert!(!claimed.in_doubt);
        let names = [name.to_owned(), claimed.id.to_string()];
        let outcome = DeliveryOutcome::SentAs { channel: &channel(), names: &names };
        assert!(router.record_delivery(&t, &claimed, &outcome).await.unwrap());
        assert_eq!(received().await >= seq, arrived, "after {part}");
        for name in &names {
            let named = router.message_named(&t, &channel(), name).await.unwrap();
            assert_eq!(named, Some((conv(1), seq)));
        }
    }
    // Our own word comes back from the network: it is known.
    let (channel, entry) = (channel(), entry("tax:3", T0, 1));
    let echo = (&channel, "far-a", 8);
    let came = try_receive(&router, (1, 1), echo, &entry, Belongs::ToContact).await.unwrap();
    assert!(matches!(came, Received::Duplicate { .. }));
    let named = router.message_named(&t, &channel, "ext-1").await.unwrap();
    assert_eq!(named, Some((conv(1), 1)), "what came in is found as well");
}

#[tokio::test]
async fn a_claim_that_nobody_recorded_is_in_doubt() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    served(&router).await;
    let t = tenant();
    let first = router.claim_deliveries(&t, None, "g1", (1_000, 10)).await.unwrap().remove(0);
    assert!(!first.in_doubt);
    let later = router.at(T0 + 2_000);
    let again = later.claim_deliveries(&t, None, "g2", (1_000, 10)).await.unwrap().remove(0);
    assert!(again.in_doubt, "the first one died with it");
    let retry = DeliveryOutcome::RetryAt(domain::Timestamp(T0 + 2_000), "away");
    assert!(later.record_delivery(&t, &again, &retry).await.unwrap());
    let third = later.claim_deliveries(&t, None, "g2", (1_000, 10)).await.unwrap().remove(0);
    assert!(!third.in_doubt, "how the last one ended is known");
}

#[tokio::test]
async fn the_desks_own_word_is_said_once() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    served(&router).await;
    let (id, endpoint) = delivery("w");
    let parts = [NewDelivery { id: &id, endpoint: &endpoint, payload: "word" }];
    let notice = Some(&domain::Notice::Acknowledged);
    let says = async |id: ConversationId| {
        let name = "acknowledged";
        let word = PostWord { conversation: &id, name, notice, place: None, parts: &parts };
        router.post_word(&tenant(), &word).await.unwrap()
    };
    assert!(says(conv(1)).await);
    assert!(!says(conv(1)).await, "once");
    assert!(!says(conv(7)).await, "there is none");
    let log = router.messages_after(&tenant(), &conv(1), 0, 100).await.unwrap();
    let told = log.iter().filter(|m| m.content.notice == Some(domain::Notice::Acknowledged));
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn a_place_is_told_again_while_somebody_waits_and_never_once_an_agent_has_it() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    writes(&router, 1, "f1").await;
    let (id, endpoint) = delivery("w");
    let parts = [NewDelivery { id: &id, endpoint: &endpoint, payload: "word" }];
    let says = async |name: &str, told: &str, said: PlaceSaid| {
        let place = Some(PlaceTold { told, look_after_ms: 60_000, said });
        let conversation = conv(1);
        let word =
            PostWord { conversation: &conversation, name, notice: None, place, parts: &parts };
        router.post_word(&tenant(), &word).await.unwrap()
    };
    let told = async || router.place_told(&tenant(), &conv(1)).await.unwrap();
    assert_eq!(told().await, None);
    assert!(says("acknowledged", "3", PlaceSaid::Anyway).await);
    assert!(says("place.1", "1", PlaceSaid::WhileWaiting).await);
    assert!(!says("place.1", "0", PlaceSaid::WhileWaiting).await, "each name once");
    assert_eq!(told().await.as_deref(), Some("1"), "what was not said was not told");

    // It is looked at when its time comes, by Redis's own clock.
    let due = async || router.places_due(&tenant(), 10).await.unwrap();
    assert_eq!(due().await, [conv(1)], "a minute after the test's time is long over");
    router.look_at_place_after(&tenant(), &conv(1), 3_600_000).await.unwrap();
    assert_eq!(due().await, []);
    router.look_at_place_after(&tenant(), &conv(8), 0).await.unwrap();
    assert_eq!(due().await, [], "nobody was told of that one");

    // Held out to an agent, and held by one, nothing of its place is said.
    ready(&router, &agent("li", "tax:4", 3)).await;
    assert!(!says("place.2", "0", PlaceSaid::WhileWaiting).await, "it is held out");
    let token = "ofr_1".parse().unwrap();
    router.accept_offer(&tenant(), &conv(1), &agent_id("li"), &token).await.unwrap();
    assert!(!says("place.2", "0", PlaceSaid::WhileWaiting).await, "it is served");
    assert_eq!(told().await.as_deref(), Some("1"));
    router.look_at_place_after(&tenant(), &conv(1), 0).await.unwrap();
    router.forget_place(&tenant(), &conv(1)).await.unwrap();
    assert_eq!(due().await, []);
}
