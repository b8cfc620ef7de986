//! A visitor asks, the right agent answers, and each sees what is his to see.

use serde_json::{Value, json};
use tests::{DeskFile, House, TestVisitor, eventually};

#[tokio::test]
async fn a_visitor_is_served_by_the_agent_who_has_the_skill() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut wang = house.ready_agent("wang").await;
    let mut taxpayer = house.visitor().await;
    let mut worker = house.visitor().await;

    let about_tax = taxpayer.asks("tax", "我的退税到哪一步了？").await;
    let about_insurance = worker.asks("insurance", "How do I move my insurance?").await;
    assert_eq!(about_tax.seq, 1);
    assert_ne!(about_tax.conversation, about_insurance.conversation);

    assert_eq!(ming.accepts_next_offer().await, about_tax.conversation);
    assert_eq!(wang.accepts_next_offer().await, about_insurance.conversation);
    let state = taxpayer.sees_state("active").await;
    assert_eq!(state["agent_name"], "ming");

    ming.says(&about_tax.conversation, "您好，请稍候").await;
    taxpayer.hears("您好，请稍候").await;
    taxpayer.says("好的，谢谢").await;
    ming.hears(&about_tax.conversation, "好的，谢谢").await;
    wang.says(&about_insurance.conversation, "Hello").await;
    worker.hears("Hello").await;
    assert!(!taxpayer.seen().look(|seen| seen.transcript.has("Hello")));
    house.ends_well();
}

#[tokio::test]
async fn the_log_is_gapless_and_all_readers_see_it_alike() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "one").await.conversation;
    ming.accepts_next_offer().await;
    for n in 0..10 {
        visitor.says(&format!("visitor {n}")).await;
        ming.says(&conversation, &format!("agent {n}")).await;
    }
    visitor.hears("agent 9").await;
    ming.hears(&conversation, "agent 9").await;

    let log = ming.log(&conversation).await;
    let seqs: Vec<u64> = log.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=u64::try_from(log.len()).unwrap()).collect::<Vec<_>>());
    let texts: Vec<&str> =
        log.iter().filter(|m| m["kind"] == "text").map(|m| m["text"].as_str().unwrap()).collect();
    assert_eq!(visitor.seen().look(|seen| seen.transcript.texts()), texts);
    assert_eq!(
        visitor.seen().look(|seen| seen.transcript.violations.clone()),
        Vec::<String>::new()
    );
    assert_eq!(ming.seen().look(tests::agent::Seen::violations), Vec::<String>::new());
}

#[tokio::test]
async fn the_same_word_sent_again_is_the_same_message() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let word = visitor.word("once", json!({ "topic": "tax" }));
    let first = visitor.gets_ack(&word).await;
    let again = visitor.gets_ack(&word).await;
    assert_eq!(first, again);

    let conversation = ming.accepts_next_offer().await;
    let said = json!({ "type": "send", "client_id": "c-1", "conversation": conversation, "text": "hello" });
    let first = ming.gets_answer(said.clone()).await;
    assert_eq!(first, ming.gets_answer(said).await);
    let log = ming.log(&conversation).await;
    assert_eq!(log.iter().filter(|message| message["text"] == "once").count(), 1);
    assert_eq!(log.iter().filter(|message| message["text"] == "hello").count(), 1);
    house.ends_well();
}

#[tokio::test]
async fn many_first_words_at_once_open_one_conversation() {
    let mut house = House::small().await;
    let mut visitor = house.visitor().await;
    let words: Vec<Value> =
        (0..20).map(|n| visitor.word(&format!("word {n}"), json!({ "topic": "tax" }))).collect();
    for word in &words {
        assert!(visitor.sends(word).await);
    }
    let ids: Vec<String> =
        words.iter().map(|word| word["client_id"].as_str().unwrap().to_owned()).collect();
    let acks = visitor
        .seen()
        .until("all are acknowledged", |seen| {
            ids.iter().map(|id| seen.answers.get(id).cloned()).collect::<Option<Vec<_>>>()
        })
        .await;
    assert!(acks.iter().all(|ack| ack["type"] == "ack"), "{acks:#?}");
    assert!(acks.iter().all(|ack| ack["conversation"] == acks[0]["conversation"]), "{acks:#?}");
    // A sender's order is kept.
    let seqs: Vec<u64> = acks.iter().map(|ack| ack["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted(), "{seqs:?}");

    let sun = house.watching("sun").await;
    let waiting = sun.api().get("/v1/queues/tax/waiting").await.ok();
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    house.ends_well();
}

#[tokio::test]
async fn notes_are_for_agents_only() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    let note = ming.notes(&conversation, "SECRET-NOTE").await;
    ming.says(&conversation, "after the note").await;
    visitor.hears("after the note").await;
    visitor.loses_connection();
    visitor.connects().await;
    visitor.hears("after the note").await;
    let frames = visitor.seen().look(|seen| serde_json::to_string(&seen.frames).unwrap());
    assert!(!frames.contains("SECRET-NOTE"));
    let earlier = visitor.api().get("/v1/chat/messages?limit=100").await.ok();
    assert!(!earlier.to_string().contains("SECRET-NOTE"));
    assert_eq!(ming.log(&conversation).await.iter().filter(|m| m["seq"] == note).count(), 1);
}

#[tokio::test]
async fn typing_and_read_marks_cross() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let word = visitor.asks("tax", "hello").await;
    let conversation = ming.accepts_next_offer().await;
    visitor.sends(&json!({ "type": "typing" })).await;
    let typing = ming.seen().until("the visitor types", |seen| seen.typing.first().cloned()).await;
    assert_eq!(typing["who"], "contact");
    ming.sends(&json!({ "type": "typing", "conversation": conversation })).await;
    let is_typing = |seen: &tests::visitor::Seen| {
        seen.frames.iter().any(|f| f["type"] == "typing").then_some(())
    };
    visitor.seen().until("the agent types", is_typing).await;

    ming.sends(&json!({ "type": "read", "conversation": conversation, "seq": word.seq })).await;
    let read = |seen: &tests::visitor::Seen| {
        seen.frames.iter().find(|f| f["type"] == "read" && f["by"] == "agent").cloned()
    };
    assert_eq!(visitor.seen().until("the agent has read", read).await["seq"], word.seq);
    visitor.sends(&json!({ "type": "received", "seq": 99 })).await;
    let event = ming.sees_event("received_marked", &conversation).await;
    let received = event["seq"].as_u64().unwrap();
    assert!(received >= word.seq && received < 99, "never beyond the log: {event}");
    visitor.sends(&json!({ "type": "read", "seq": word.seq })).await;
    let event = ming.sees_event("read_marked", &conversation).await;
    assert_eq!(event["conversation"], conversation);
    let shown = ming.api().get(&format!("/v1/conversations/{conversation}")).await;
    assert_eq!(shown.body["received_by_contact"], received, "{shown:?}");
}

#[tokio::test]
async fn the_person_who_waits_is_told_the_place_truly() {
    let one_at_a_time = json!({ "capacity": { "units": 30 } });
    let desk = DeskFile::small().with_only(&["ming"]).with_agent_changed("ming", one_at_a_time);
    let mut house = House::of(desk).start().await;
    let mut first = house.visitor().await;
    let mut second = house.visitor().await;
    first.asks("tax", "first").await;
    second.asks("tax", "second").await;
    let place = second
        .seen()
        .until("the second knows the place", |seen| {
            let position = seen.state["position"].clone();
            position.is_object().then_some(position)
        })
        .await;
    assert!(
        place["before_min"].as_u64().unwrap() <= 1 && place["before_max"].as_u64().unwrap() >= 1,
        "{place}"
    );
    assert_eq!(place["agents"], 0, "nobody is at work yet: {place}");

    // Someone comes and takes the first: the second moves up.
    let mut ming = house.ready_agent("ming").await;
    ming.accepts_next_offer().await;
    second
        .seen()
        .until("the second is next", |seen| {
            (seen.state["state"] == "queued" && seen.state["position"]["before_max"] == 0)
                .then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_visitor_finds_the_conversation_again_on_another_device_when_the_website_vouches() {
    use tests::desk::IDENTITY_SECRET;
    let house = House::small().await;
    let token = tests::token::identity("user-77", "Zhang", IDENTITY_SECRET, 300);
    let body = json!({ "identity_token": token });
    let mut phone = TestVisitor::opens_session(&house.api(), "website", body.clone()).await;
    phone.connects().await;
    let word = phone.asks("tax", "from my phone").await;

    let mut laptop = TestVisitor::opens_session(&house.api(), "website", body).await;
    assert_eq!(phone.contact, laptop.contact);
    laptop.connects().await;
    laptop.hears("from my phone").await;
    let answer = laptop.says("from my laptop").await;
    assert_eq!(answer.conversation, word.conversation);
    phone.hears("from my laptop").await;

    let forged =
        tests::token::identity("user-77", "Zhang", "another secret of at least 32 bytes.", 300);
    let refused =
        TestVisitor::asks_for_session(&house.api(), "website", json!({ "identity_token": forged }))
            .await;
    assert!([401, 422, 400].contains(&refused.status), "{refused:?}");
    let late = tests::token::identity("user-77", "Zhang", IDENTITY_SECRET, -300);
    let refused =
        TestVisitor::asks_for_session(&house.api(), "website", json!({ "identity_token": late }))
            .await;
    assert!([401, 422, 400].contains(&refused.status), "{refused:?}");
}

#[tokio::test]
async fn an_old_token_renews_the_same_contact() {
    let house = House::small().await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let body = json!({ "token": visitor.token() });
    let mut again = TestVisitor::opens_session(&house.api(), "website", body).await;
    assert_eq!(again.contact, visitor.contact);
    again.connects().await;
    again.hears("hello").await;
    assert_eq!(again.seen().look(tests::visitor::Seen::conversation), Some(conversation));
}

#[tokio::test]
async fn whom_the_website_vouched_for_keeps_the_websites_name() {
    use tests::desk::IDENTITY_SECRET;
    let mut house = House::small().await;
    let root = house.signs_in("root").await;
    let known = async |contact: &str| root.api().get(&format!("/v1/contacts/{contact}")).await.ok();
    let renew = async |visitor: &TestVisitor, name: &str| {
        let body = json!({ "token": visitor.token(), "name": name, "locale": "en" });
        TestVisitor::opens_session(&house.api(), "website", body).await;
    };
    let token = tests::token::identity("user-78", "Zhang", IDENTITY_SECRET, 300);
    let body = json!({ "identity_token": token });
    let vouched = TestVisitor::opens_session(&house.api(), "website", body).await;
    renew(&vouched, "The Director").await;
    let contact = known(&vouched.contact).await;
    assert_eq!((&contact["name"], &contact["locale"]), (&json!("Zhang"), &json!("en")));
    // Anybody else is called as they like.
    let stranger =
        TestVisitor::opens_session(&house.api(), "website", json!({ "name": "Li" })).await;
    renew(&stranger, "Li Lei").await;
    let contact = known(&stranger.contact).await;
    assert_eq!((&contact["name"], &contact["locale"]), (&json!("Li Lei"), &json!("en")));
}

#[tokio::test]
async fn a_contact_shows_its_earlier_conversations_to_the_desk() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    ming.closes(&conversation).await;
    let contact = eventually("the closed conversation is in the records", async || {
        let contact = ming.api().get(&format!("/v1/contacts/{}", visitor.contact)).await;
        let found = contact.body["conversations"].to_string().contains(&conversation);
        if found { Ok(contact.body) } else { Err(format!("{contact:?}")) }
    })
    .await;
    assert_eq!(contact["id"], visitor.contact);
}
