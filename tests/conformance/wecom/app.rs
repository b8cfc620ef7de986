//! A self-built app against the stand-in.

use super::{bodies, gives, with_choices};
use crate::doors::wecom::{Far, MEMBER};
use crate::doors::{SECRET, way_out};
use crate::everyone::{command, says};
use channels::{Action, AdapterError, ChannelAdapter, Outcome, Passed};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn two_gateways_fetch_one_token_and_a_new_one_when_it_is_refused() {
    let (far, means) = (Far::start(), way_out::means());
    let (one, two) = (far.app(&means, &json!({})), far.app(&means, &json!({})));
    let c = ["c0", "c1", "c2", "c3"].map(|id| command(id, says(id)));
    let sent = tokio::join!(
        one.deliver(&c[0]),
        two.deliver(&c[1]),
        one.deliver(&c[2]),
        two.deliver(&c[3])
    );
    for outcome in [sent.0, sent.1, sent.2, sent.3] {
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    }
    assert_eq!(far.seen().look(|seen| seen.tokens), 1);
    far.seen().change(|seen| seen.is_revoked = true);
    let (c4, c5) = (command("c4", says("c4")), command("c5", says("c5")));
    let (a, b) = tokio::join!(one.deliver(&c4), two.deliver(&c5));
    assert_eq!(a, Outcome::Sent(vec!["far-c4".to_owned()]));
    assert_eq!(b, Outcome::Sent(vec!["far-c5".to_owned()]));
    assert_eq!(far.seen().look(|seen| seen.tokens), 2, "one new one for both");
    assert_eq!(far.network.far_end.reached().len(), 6);
}

#[tokio::test]
async fn what_the_network_refuses_says_what_to_do_next() {
    let far = Far::start();
    let door = far.app(&way_out::means(), &json!({}));
    let cases = [
        (json!({ "errcode": -1, "errmsg": "system busy" }), "again"),
        (json!({ "errcode": 45009, "errmsg": "api freq out of limit" }), "later"),
        (json!({ "errcode": 45033, "errmsg": "concurrent" }), "later"),
        (json!({ "errcode": 48002, "errmsg": "api forbidden" }), "refused"),
        (json!({ "errcode": 60020, "errmsg": "not allow to access from your ip" }), "refused"),
        (json!({ "errcode": 60111, "errmsg": "userid not found" }), "gone"),
        (json!({ "errcode": 0, "errmsg": "ok", "invaliduser": MEMBER, "msgid": "" }), "gone"),
        (json!({ "errcode": 0, "errmsg": "ok", "unlicenseduser": MEMBER, "msgid": "" }), "refused"),
    ];
    for (answer, expected) in cases {
        far.seen().change(|seen| seen.instead.push_back(("message/send", answer.clone())));
        let outcome = door.deliver(&command("c1", says("hello"))).await;
        let found = match &outcome {
            Outcome::Unavailable(_) => "again",
            Outcome::RateLimited(pause) if *pause >= Duration::from_secs(5) => "later",
            Outcome::Rejected(_) => "refused",
            Outcome::RecipientGone => "gone",
            _ => "something else",
        };
        assert_eq!(found, expected, "{answer} → {outcome:?}");
    }
    assert!(far.network.far_end.reached().is_empty());
    // None of these tries stands in the way of the next one.
    let outcome = door.deliver(&command("c1", says("hello"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["far-hello".to_owned()]));
}

#[tokio::test]
async fn a_token_that_is_refused_twice_ends_it_with_the_networks_words() {
    let far = Far::start();
    let door = far.app(&way_out::means(), &json!({}));
    let refusal = json!({ "errcode": 40014, "errmsg": "invalid access_token" });
    for _ in 0..2 {
        far.seen().change(|seen| seen.instead.push_back(("message/send", refusal.clone())));
    }
    let outcome = door.deliver(&command("c1", says("hello"))).await;
    assert!(matches!(&outcome, Outcome::Rejected(why) if why.contains("40014")), "{outcome:?}");
    assert_eq!(far.seen().look(|seen| seen.tokens), 2);
    let wrong = far.app(&way_out::means(), &json!({ "secret": "wrong" }));
    let outcome = wrong.deliver(&command("c1", says("hello"))).await;
    assert!(matches!(&outcome, Outcome::Rejected(why) if why.contains("40001")), "{outcome:?}");
}

#[tokio::test]
async fn a_message_in_doubt_is_never_sent_again() {
    let (far, means) = (Far::start(), way_out::means());
    let door = far.app(&means, &json!({}));
    far.network.far_end.dies_after_taking();
    let first = door.deliver(&command("c1", says("hello"))).await;
    assert!(matches!(first, Outcome::InDoubt(_)), "{first:?}");
    // By any gateway.
    let again = far.app(&means, &json!({})).deliver(&command("c1", says("hello"))).await;
    assert!(matches!(again, Outcome::InDoubt(_)), "{again:?}");
    assert!(matches!(door.look_up(&command("c1", says("hello"))).await, Outcome::InDoubt(_)));
    // What was never begun is no doubt: it may be sent.
    let other = door.look_up(&command("c2", says("never"))).await;
    assert!(matches!(other, Outcome::Unavailable(_)), "{other:?}");
    assert_eq!(far.network.far_end.reached(), ["hello"]);
}

#[tokio::test]
async fn a_file_goes_up_under_its_name_and_is_then_sent() {
    let far = Far::start();
    let door = far.app(&way_out::means(), &json!({}));
    let files = [
        ("办事证明 1.png", "image/png", "image"),
        ("办事证明.pdf", "application/pdf", "file"),
        ("a.mp4", "video/mp4", "video"),
    ];
    for (n, (name, media_type, kind)) in files.iter().enumerate() {
        let outcome = door.deliver(&command(name, gives(name, media_type, b"0123456789"))).await;
        assert_eq!(outcome, Outcome::Sent(vec![format!("far-media-{n}")]), "{name}");
        let kept = far.seen().look(|seen| seen.files[n].clone());
        assert_eq!(kept, ((*kind).to_owned(), (*name).to_owned(), b"0123456789".to_vec()));
        let last = bodies(&far, "message/send").pop().unwrap();
        assert_eq!(last["msgtype"], *kind);
    }
    let small = door.deliver(&command("c9", gives("a.txt", "text/plain", b"12"))).await;
    assert!(matches!(&small, Outcome::Rejected(why) if why.contains("not 2")), "{small:?}");
}

#[tokio::test]
async fn choices_are_buttons_where_they_fit_and_words_alone_elsewhere() {
    let far = Far::start();
    let door = far.app(&way_out::means(), &json!({}));
    for (id, text, count) in
        [("c1", "请评价".to_owned(), 5), ("c2", "长".repeat(113), 5), ("c3", "七个".to_owned(), 7)]
    {
        let outcome = door.deliver(&command(id, with_choices(&text, count))).await;
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    }
    let sent = bodies(&far, "message/send");
    assert_eq!(sent[0]["template_card"]["sub_title_text"], "请评价");
    let button = &sent[0]["template_card"]["button_list"][4];
    assert_eq!((&button["text"], &button["key"]), (&json!("5 分"), &json!("rate:5")));
    assert_eq!(sent[0]["template_card"]["task_id"], "c1");
    assert_eq!((&sent[1]["msgtype"], &sent[2]["msgtype"]), (&json!("text"), &json!("text")));
}

#[tokio::test]
async fn a_message_is_taken_back_by_the_networks_id() {
    let far = Far::start();
    let door = far.app(&way_out::means(), &json!({}));
    let external_id = "far-1".to_owned();
    let outcome = door.deliver(&command("c1", Action::Delete { external_id })).await;
    assert_eq!(outcome, Outcome::Sent(Vec::new()));
    assert_eq!(bodies(&far, "message/recall"), [json!({ "msgid": "far-1" })]);
    let late = json!({ "errcode": 60234, "errmsg": "exceed recall time" });
    far.seen().change(|seen| seen.instead.push_back(("message/recall", late)));
    let external_id = "far-1".to_owned();
    let outcome = door.deliver(&command("c2", Action::Delete { external_id })).await;
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
}

#[tokio::test]
async fn the_directory_tells_who_a_member_is() {
    let far = Far::start();
    let door = far.app(&way_out::means(), &json!({ "directory_id": "工号" }));
    let found = door.profile(MEMBER).await.unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.departments),
        ("李明", vec!["社保局".to_owned(), "窗口一组".to_owned()])
    );
    assert_eq!(found.email.as_deref(), Some("liming@city.example"));
    assert_eq!(found.phone.as_deref(), Some("+8613800001234"));
    assert_eq!(found.directory_id.as_deref(), Some("G0042"));
    assert!(door.profile("nobody").await.unwrap().is_none());
    // A department that the app may not see ends the row, and no more.
    let hidden = json!({ "errcode": 60011, "errmsg": "no privilege" });
    far.seen().change(|seen| seen.instead.push_back(("department/get", hidden)));
    assert!(door.profile(MEMBER).await.unwrap().unwrap().departments.is_empty());
}

#[tokio::test]
async fn a_file_that_is_gone_or_too_large_is_said_and_one_that_is_there_is_whole() {
    let far = Far::start();
    let door = far.app(&way_out::means(), &json!({}));
    assert_eq!(door.fetch_media("f1", 1_000).await.unwrap().len(), 1_000);
    for (id, bytes_max) in [("f1", 999), ("over", 1_000)] {
        let answer = door.fetch_media(id, bytes_max).await;
        assert!(matches!(answer, Err(AdapterError::Malformed(_))), "{id}: {answer:?}");
    }
    let limited = json!({ "errcode": 45009, "errmsg": "freq" });
    far.seen().change(|seen| seen.instead.push_back(("media/get", limited)));
    let answer = door.fetch_media("f1", 1_000).await;
    assert!(matches!(answer, Err(AdapterError::RateLimited(_))), "{answer:?}");
}

async fn findings(door: &dyn ChannelAdapter) -> Vec<(String, Passed, String)> {
    let found = door.check().await.into_iter();
    found.map(|found| (found.point, found.passed, found.detail)).collect()
}

#[tokio::test]
async fn a_check_says_what_is_missing_in_the_networks_words() {
    let far = Far::start();
    let fine = findings(&far.app(&way_out::means(), &json!({}))).await;
    assert_eq!(fine[0].1, Passed::Yes, "{fine:?}");
    assert_eq!((fine[1].1, fine[1].2.as_str()), (Passed::Yes, "政务服务"));
    assert_eq!(fine[2].1, Passed::Unknown);
    let wrong = far.app(&way_out::means(), &json!({ "secret": "wrong", "agent_id": 7 }));
    let wrong = findings(&wrong).await;
    assert!(wrong[0].2.contains("40001: invalid credential"), "{wrong:?}");
    let other = findings(&far.app(&way_out::means(), &json!({ "agent_id": 7 }))).await;
    assert_eq!(other[1].1, Passed::No);
    assert!(other[1].2.contains("301002"), "{other:?}");
    let everything = format!("{fine:?}{wrong:?}{other:?}");
    assert!(!everything.contains(SECRET), "{everything}");
}

#[tokio::test]
async fn bad_answers_of_something_between_are_no_messages() {
    let far = Far::start();
    let door = far.app(&way_out::means(), &json!({}));
    for answer in [Value::Null, json!([]), json!({ "errcode": "x" })] {
        far.seen().change(|seen| seen.instead.push_back(("message/send", answer)));
        let outcome = door.deliver(&command("c1", says("hello"))).await;
        assert!(matches!(outcome, Outcome::InDoubt(_)), "{outcome:?}");
    }
    assert!(far.network.far_end.reached().is_empty());
}
