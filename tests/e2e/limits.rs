//! Limits that hold: too much is refused with a time to come again, and nothing breaks.

use serde_json::json;
use tests::{DeskFile, House, TestVisitor};

#[tokio::test]
async fn too_many_sign_ins_are_refused_also_with_the_right_password() {
    let mut house = House::of(DeskFile::small()).with("limits.logins_per_minute", 3).start().await;
    let password = house.password("ming");
    let mut last = 0;
    for _ in 0..6 {
        let answer = house
            .api()
            .post("/v1/auth/login", json!({ "agent": "ming", "password": "wrong, surely wrong" }))
            .await;
        last = answer.status;
        if last == 429 {
            answer.problem(429);
            assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
            break;
        }
    }
    assert_eq!(last, 429);
    house
        .api()
        .post("/v1/auth/login", json!({ "agent": "ming", "password": password }))
        .await
        .problem(429);
    // Another account is another matter.
    house.signs_in("li").await;
}

#[tokio::test]
async fn too_many_words_are_refused_and_can_be_said_again() {
    let plan = House::of(DeskFile::small())
        .with("limits.messages_per_second", 5)
        .with("limits.messages_burst", 5);
    let house = plan.start().await;
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "hello").await;
    let mut refused = None;
    for n in 0..20 {
        let word = visitor.word(&format!("word {n}"), json!({}));
        let answer = visitor.gets_answer(&word).await;
        if answer["type"] == "refused" {
            refused = Some((word, answer));
            break;
        }
    }
    let (word, answer) = refused.expect("twenty words at once are too many");
    assert!(answer["retry_after_ms"].as_u64().unwrap() > 0, "{answer}");
    tests::eventually("it gets in later", async || {
        let answer = visitor.gets_answer(&word).await;
        if answer["type"] == "ack" { Ok(()) } else { Err(answer.to_string()) }
    })
    .await;
    house.ends_well();
}

#[tokio::test]
async fn too_many_sessions_from_one_address_are_refused() {
    let house = House::of(DeskFile::small()).with("limits.sessions_per_minute", 5).start().await;
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses
            .push(TestVisitor::asks_for_session(&house.api(), "website", json!({})).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 5, "{statuses:?}");
    assert!(statuses[..5].iter().all(|status| *status < 300), "{statuses:?}");
}

#[tokio::test]
async fn a_slow_reader_is_cut_and_loses_nothing() {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    // A second device of the same visitor that says hello and then never reads.
    let mut deaf = tests::socket::connect(
        house.gateways[0].port(),
        "/v1/socket/visitor",
        Some(tests::desk::WEBSITE),
    )
    .await
    .unwrap();
    let hello = json!({ "type": "hello", "token": visitor.token() }).to_string();
    deaf.send(Message::text(hello)).await.unwrap();
    let long = "x".repeat(15_000);
    for n in 0..400 {
        ming.says(&conversation, &format!("{n} {long}")).await;
    }
    visitor.hears(&format!("399 {long}")).await;
    // What the deaf one finds when it reads at last: some frames, then the end.
    let mut code = None;
    while let Some(Ok(message)) = deaf.next().await {
        if let Message::Close(Some(close)) = message {
            code = Some(u16::from(close.code));
        }
    }
    assert!(matches!(code, None | Some(4008 | 1013)), "{code:?}");
    assert_eq!(visitor.seen().look(|seen| seen.transcript.texts().len()), 401);
    house.ends_well();
}

#[tokio::test]
async fn one_persons_oldest_socket_makes_room_for_the_newest() {
    let plan = House::of(DeskFile::small())
        .with("limits.sockets_per_visitor", 2)
        .with("limits.sockets_per_agent", 1);
    let mut house = plan.start().await;
    let first = house.visitor().await;
    let session = json!({ "token": first.token(), "contact": first.contact });
    let mut others = Vec::new();
    for _ in 0..2 {
        let mut other = TestVisitor::from_session(&house.api(), "website", &session);
        other.connects().await;
        others.push(other);
    }
    assert_eq!(first.is_closed().await, 4003);
    assert!(others.iter().all(|other| !other.is_cut_off()));
    let old = house.ready_agent("ming").await;
    let new = house.watching("ming").await;
    assert_eq!(old.is_closed().await, 4003);
    assert!(!new.is_cut_off());
}

#[tokio::test]
async fn a_gateway_and_an_address_have_room_for_so_many_sockets() {
    use tests::socket::connect;
    for limit in ["limits.sockets_per_address", "limits.sockets_max"] {
        let house = House::of(DeskFile::small()).with(limit, 2).start().await;
        let port = house.gateways[0].port();
        let open = async || connect(port, "/v1/socket/visitor", Some(tests::desk::WEBSITE)).await;
        let (first, _second) = (open().await.unwrap(), open().await.unwrap());
        let refused = open().await.unwrap_err().to_string();
        assert!(refused.contains("503"), "{limit}: {refused}");
        drop(first);
        tests::eventually("a place is free again", async || {
            open().await.map(drop).map_err(|error| error.to_string())
        })
        .await;
    }
}

#[tokio::test]
async fn a_silent_socket_is_closed() {
    use futures_util::StreamExt;
    let house = House::small().await;
    let mut silent = tests::socket::connect(
        house.gateways[0].port(),
        "/v1/socket/visitor",
        Some(tests::desk::WEBSITE),
    )
    .await
    .unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(15), async {
        while silent.next().await.is_some_and(|m| m.is_ok()) {}
    });
    ended.await.expect("a socket without hello is closed after ten seconds");
}

#[tokio::test]
async fn a_rating_is_changed_only_so_often_and_the_same_one_counts_once() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    visitor.ends().await;
    visitor.sees_state("closed").await;
    for _ in 0..30 {
        assert_eq!(visitor.rates(&conversation, 5, "good").await["type"], "ack");
    }
    let mut refused = Vec::new();
    for n in 0..12_u8 {
        let answer = visitor.rates(&conversation, 1 + n % 4, "changed my mind").await;
        if answer["type"] == "refused" {
            refused.push(answer);
        }
    }
    assert_eq!(refused.len(), 3, "one and nine others count: {refused:?}");
    assert_eq!(refused[0]["code"], "rate_limited");
    house.ends_well();
}

#[tokio::test]
async fn frames_that_are_no_words_are_counted_too() {
    let plan = House::of(DeskFile::small())
        .with("limits.messages_per_second", 1)
        .with("limits.messages_burst", 2);
    let house = plan.start().await;
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "hello").await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        let answer = visitor.rates("conv_0", 5, "").await;
        codes.push(answer["code"].as_str().unwrap_or_default().to_owned());
    }
    assert!(codes.iter().any(|code| code == "rate_limited"), "{codes:?}");
    assert_ne!(codes[0], "rate_limited", "{codes:?}");
}

#[tokio::test]
async fn new_conversations_are_counted_over_all_gateways() {
    let plan = House::of(DeskFile::small()).with("limits.conversations_per_minute", 1);
    let house = plan.with_gateways(2).start().await;
    house.visitor_at(0).await.asks("tax", "hello").await;
    let mut second = house.visitor_at(1).await;
    let word = second.word("hello", json!({ "topic": "tax" }));
    assert_eq!(second.gets_answer(&word).await["code"], "rate_limited");
}

#[tokio::test]
async fn too_many_new_conversations_from_one_address_are_refused_and_a_second_try_is_not_counted() {
    let plan = House::of(DeskFile::small()).with("limits.conversations_per_minute", 1);
    let house = plan.start().await;
    let mut first = house.visitor().await;
    let wrong = first.word("hello", json!({ "topic": "nothing-of-the-kind" }));
    assert_eq!(first.gets_answer(&wrong).await["type"], "refused");
    // Only what opens a conversation counts: the same person's next try passes.
    first.asks("tax", "hello").await;
    first.says("and another word").await;

    let mut second = house.visitor().await;
    let word = second.word("hello", json!({ "topic": "tax" }));
    let answer = second.gets_answer(&word).await;
    assert_eq!(answer["code"], "rate_limited", "{answer}");
    assert!(answer["retry_after_ms"].as_u64().unwrap() > 0, "{answer}");
    house.ends_well();
}
