//! A page with everything that an account can say.

use super::super::tests::{configured, fixture, means, says, shown};
use super::inbound::{ReadError, read, welcome_name};
use super::*;
use serde_json::{Value, json};

const ACCOUNT: &str = "wkAJ2G";

fn json_of(name: &str) -> Value {
    let bytes = std::fs::read(fixture(name)).expect("a fixture");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[tokio::test]
async fn everything_that_an_account_can_say_is_read_as_expected() {
    let (page, expected) = (json_of("wecom_kf/page.json"), json_of("wecom_kf/page.expected.json"));
    let messages = page["msg_list"].as_array().expect("messages");
    let expected = expected.as_array().expect("results");
    assert_eq!(messages.len(), expected.len());
    let means = means();
    let channel = configured(ADAPTER, json!({}));
    for (message, expected) in messages.iter().zip(expected) {
        let found = match read(&means, ACCOUNT, message).await {
            Ok(None) => Value::Null,
            Err(ReadError::Senseless(_)) => json!("senseless"),
            Err(error) => panic!("{error:?}"),
            Ok(Some(heard)) => {
                let inbound = heard.into_inbound(&channel.id, means.clock.now());
                let mut found = shown(&inbound);
                found["id"] = json!(inbound.external_id);
                found["conversation"] = json!(inbound.external_conversation);
                found
            }
        };
        assert_eq!(&found, expected, "{message}");
    }
    let code = means.shelf.find(&welcome_name(ACCOUNT, "wmAJ2G")).await.expect("a shelf");
    assert_eq!(code.as_deref(), Some("AAAAAA"), "kept for a greeting");
}

#[tokio::test]
async fn nonsense_is_no_crash() {
    let means = means();
    for message in [
        json!(null),
        json!([]),
        json!("x"),
        json!({ "msgid": 7 }),
        json!({ "msgid": "a", "origin": "3" }),
    ] {
        assert!(matches!(read(&means, ACCOUNT, &message).await, Err(ReadError::Senseless(_))));
    }
    let odd =
        json!({ "msgid": "a", "origin": 3, "external_userid": "w", "msgtype": "text", "text": 7 });
    assert!(matches!(read(&means, ACCOUNT, &odd).await, Ok(Some(_))));
}

#[tokio::test]
async fn without_an_account_it_cannot_answer() {
    let door = Kf::open(&configured(ADAPTER, json!({})), &means()).expect("opens");
    let outcome = door.deliver(&says("hello")).await;
    assert!(matches!(&outcome, Outcome::Rejected(why) if why.contains("OpenKfId")), "{outcome:?}");
    let findings = door.check().await;
    assert!(findings.iter().all(|found| found.passed == crate::Passed::No), "{findings:?}");
}
