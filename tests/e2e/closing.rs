//! The end of a conversation: close, wrap-up, rating, records, and coming back.

use serde_json::json;
use tests::{DeskFile, House, eventually};

#[tokio::test]
async fn a_closed_conversation_and_its_rating_are_in_the_records() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "where is my refund").await.conversation;
    ming.accepts_next_offer().await;
    ming.says(&conversation, "on its way").await;
    visitor.hears("on its way").await;
    assert!(!ming.closes(&conversation).await, "no wrap-up time in this queue");
    visitor.sees_state("closed").await;
    let answer = visitor.rates(&conversation, 5, "很好").await;
    assert_eq!(answer["type"], "ack", "{answer}");

    let sun = house.signs_in("sun").await;
    let rating = eventually("the rating is in the records", async || {
        let ratings = sun.api().get("/v1/ratings?limit=10").await.ok();
        let list = ratings
            .as_array()
            .or_else(|| ratings["ratings"].as_array())
            .cloned()
            .unwrap_or_default();
        list.into_iter()
            .find(|rating| rating["conversation"] == conversation)
            .ok_or(ratings.to_string())
    })
    .await;
    assert_eq!((&rating["grade"], &rating["comment"]), (&json!(5), &json!("很好")));

    // It leaves Redis: memory follows open work. The records still know every word.
    eventually("the conversation left Redis", async || {
        let keys: Vec<String> = house.redis.ask(&["KEYS", &format!("*log:{conversation}")]).await;
        if keys.is_empty() { Ok(()) } else { Err(format!("{keys:?}")) }
    })
    .await;
    let log = ming.log(&conversation).await;
    assert!(
        log.iter().any(|m| m["text"] == "where is my refund")
            && log.iter().any(|m| m["text"] == "on its way")
    );
    let found = sun.api().get("/v1/conversations?state=closed&limit=10").await.ok();
    assert!(found.to_string().contains(&conversation), "{found}");
    house.ends_well();
}

#[tokio::test]
async fn a_later_rating_replaces_the_first_and_a_bad_grade_is_refused() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    assert_eq!(visitor.rates(&conversation, 5, "").await["type"], "refused", "not before the end");
    ming.accepts_next_offer().await;
    ming.closes(&conversation).await;
    visitor.sees_state("closed").await;
    assert_eq!(visitor.rates(&conversation, 0, "").await["type"], "refused");
    assert_eq!(visitor.rates(&conversation, 6, "").await["type"], "refused");
    assert_eq!(visitor.rates(&conversation, 2, "slow").await["type"], "ack");
    assert_eq!(visitor.rates(&conversation, 4, "fine after all").await["type"], "ack");
    let sun = house.signs_in("sun").await;
    eventually("one rating, the later one", async || {
        let ratings = sun.api().get("/v1/ratings?limit=10").await.ok().to_string();
        let is_so = ratings.contains("fine after all") && !ratings.contains("slow");
        if is_so { Ok(()) } else { Err(ratings) }
    })
    .await;
    let mut stranger = house.visitor().await;
    let refused = stranger.rates(&conversation, 1, "not mine").await;
    assert_eq!(refused["type"], "refused", "{refused}");
}

#[tokio::test]
async fn wrap_up_time_holds_the_agents_capacity_until_it_ends() {
    let desk = DeskFile::small()
        .with_only(&["ming"])
        .with_all_queues(json!({ "wrap_up_secs": 600 }))
        .with_agent_changed("ming", json!({ "capacity": { "units": 30 } }));
    let mut house = House::of(desk).start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let first = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    let mut next = house.visitor().await;
    let second = next.asks("tax", "me too").await.conversation;
    assert!(ming.closes(&first).await, "wrap-up time follows");
    visitor.sees_state("closed").await;
    assert!(ming.seen().look(|seen| seen.offers.is_empty()));
    ming.posts(&first, "end_wrap_up", json!({})).await.ok();
    assert_eq!(ming.accepts_next_offer().await, second);
    house.ends_well();
}

#[tokio::test]
async fn wrap_up_time_ends_by_itself() {
    let desk = DeskFile::small().with_all_queues(json!({ "wrap_up_secs": 1 }));
    let mut house = House::of(desk).start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    assert!(ming.closes(&conversation).await);
    ming.sees_event("wrap_up_ended", &conversation).await;
}

#[tokio::test]
async fn a_word_after_the_end_reopens_the_same_conversation() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let word = visitor.asks("tax", "hello").await;
    ming.accepts_next_offer().await;
    ming.closes(&word.conversation).await;
    visitor.sees_state("closed").await;
    // Also when the records have it already.
    eventually("it left Redis", async || {
        let keys: Vec<String> =
            house.redis.ask(&["KEYS", &format!("*log:{}", word.conversation)]).await;
        if keys.is_empty() { Ok(()) } else { Err(format!("{keys:?}")) }
    })
    .await;
    let again = visitor.says("one more question").await;
    assert_eq!(again.conversation, word.conversation);
    assert!(again.seq > word.seq);
    let offer = ming.gets_offer_of(&word.conversation).await;
    ming.accepts(&offer).await;
    let log = ming.log(&word.conversation).await;
    let seqs: Vec<u64> = log.iter().map(|m| m["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=u64::try_from(log.len()).unwrap()).collect::<Vec<_>>(), "{log:#?}");
    house.ends_well();
}

#[tokio::test]
async fn the_contact_can_end_it() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    visitor.ends().await;
    let event = ming.sees_event("conversation_closed", &conversation).await;
    assert_eq!(event["by"], "contact");
    visitor.sees_state("closed").await;
    house.ends_well();
}

#[tokio::test]
async fn a_contact_who_leaves_the_queue_frees_it() {
    let mut house = House::of(DeskFile::small().with_only(&["ming"])).start().await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    visitor.ends().await;
    let sun = house.signs_in("sun").await;
    assert_eq!(sun.api().get("/v1/queues/tax/waiting").await.ok().as_array().unwrap().len(), 0);
    let ming = house.ready_agent("ming").await;
    assert!(ming.seen().look(|seen| seen.offers.is_empty()), "{conversation} is over");
    house.ends_well();
}

#[tokio::test]
async fn every_change_is_in_the_audit_trail() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "CANARY-IN-THE-BODY").await.conversation;
    ming.accepts_next_offer().await;
    ming.closes(&conversation).await;
    let root = house.signs_in("root").await;
    let trail = eventually("the trail has the close", async || {
        let trail =
            root.api().get(&format!("/v1/audit?conversation={conversation}&limit=100")).await.ok();
        if trail.to_string().contains("conversation_closed") {
            Ok(trail)
        } else {
            Err(trail.to_string())
        }
    })
    .await
    .to_string();
    for fact in ["conversation_opened", "offer_made", "conversation_assigned"] {
        assert!(trail.contains(fact), "{fact}: {trail}");
    }
    assert!(!trail.contains("CANARY-IN-THE-BODY"), "the trail holds facts, not words");
    assert!(!house.gateways[0].output().contains("CANARY-IN-THE-BODY"), "nor does the log");
}

#[tokio::test]
async fn what_cannot_be_read_keeps_nothing_else_from_the_archive() {
    let mut house = House::small().await;
    let mut bad = house.visitor().await;
    let broken = bad.asks("tax", "hello").await.conversation;
    let log = format!("{{main}}:log:{broken}");
    drop::<String>(house.redis.ask(&["LSET", &log, "0", "not a message"]).await);
    bad.ends().await;
    let mut good = house.visitor().await;
    let conversation = good.asks("tax", "hello").await.conversation;
    // An event of a later release stands in the stream, too.
    let unknown = r#"{"type":"moon_landed"}"#;
    drop::<String>(house.redis.ask(&["XADD", "{main}:events", "*", "e", unknown]).await);
    good.ends().await;
    eventually("the good one leaves Redis", async || {
        let there: i64 =
            house.redis.ask(&["EXISTS", &format!("{{main}}:log:{conversation}")]).await;
        if there == 0 { Ok(()) } else { Err("it is there".to_owned()) }
    })
    .await;
    let there: i64 = house.redis.ask(&["EXISTS", &log]).await;
    assert_eq!(there, 1, "the bad one is kept");
    good.sees_state("closed").await;
    let root = house.signs_in("root").await;
    eventually("the trail goes on behind the unknown event", async || {
        let path = format!("/v1/audit?conversation={conversation}&limit=100");
        let trail = root.api().get(&path).await.ok().to_string();
        if trail.contains("conversation_closed") { Ok(()) } else { Err(trail) }
    })
    .await;
}

#[tokio::test]
async fn the_trail_says_whose_hand_it_was() {
    let mut house = House::small().await;
    let (root, sun) = (house.signs_in("root").await, house.signs_in("sun").await);
    let made = json!({ "name": "crm", "role": "supervisor" });
    let made = root.api().post("/v1/api_keys", made).await.ok();
    let key = made["key"].as_str().or_else(|| made["secret"].as_str());
    let key = house.api().with_token(key.unwrap_or_else(|| panic!("{made}")));
    let key_name = format!("api_key:{}", made["id"].as_str().unwrap_or_else(|| panic!("{made}")));
    let mut people = Vec::new();
    for (caller, actor) in [(sun.api(), "agent:sun"), (&key, key_name.as_str())] {
        let mut visitor = house.visitor().await;
        let id = visitor.asks("tax", "hello").await.conversation;
        people.push(visitor);
        let path = |what: &str| format!("/v1/conversations/{id}/{what}");
        caller.get(&format!("/v1/conversations/{id}")).await.ok();
        caller.get(&path("messages")).await.ok();
        caller.post(&path("describe"), json!({ "request_type": "complaint" })).await.ok();
        caller.post(&path("transfer"), json!({ "queue": "insurance" })).await.ok();
        caller.post(&path("close"), json!({ "resolution": "solved" })).await.ok();
        let trail = root.api().get(&format!("/v1/audit?conversation={id}&limit=100")).await.ok();
        let rows = trail.as_array().or_else(|| trail["entries"].as_array()).unwrap().clone();
        for action in [
            "conversation_read",
            "messages_read",
            "conversation_described",
            "conversation_transferred",
            "conversation_closed",
        ] {
            let is_noted = rows.iter().any(|row| row["action"] == action && row["actor"] == actor);
            assert!(is_noted, "{action} by {actor}: {trail}");
        }
    }
}
