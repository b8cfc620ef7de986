//! Settings, events and the registration of a Matrix channel, without a homeserver.

use super::words::{self, Said};
use super::*;
use crate::inbound::{Accepted, NewMessage};
use crate::inbound::{Inbound, InboundSink, RawInbound, SinkError};
use crate::outbound::Action;
use crate::{Bookmarks, Passed};
use domain::{Audience, Author, Localized};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const AS_TOKEN: &str = "CANARY-as-token-of-desk";
const HS_TOKEN: &str = "CANARY-hs-token-of-desk";

fn channel(settings: Value) -> Channel {
    Channel {
        id: "staff_matrix".parse().expect("a slug"),
        name: Localized::default(),
        kind: ChannelKind::Im,
        adapter: ADAPTER.to_owned(),
        audience: Audience::Staff,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

fn settings() -> Value {
    json!({
        "homeserver": "https://matrix.city.example/", "server_name": "city.example",
        "as_token": AS_TOKEN, "hs_token": HS_TOKEN, "ignored": ["@wecom_*", "@bot:city.example"],
    })
}

fn matrix(settings: Value) -> Matrix {
    Matrix::open(&channel(settings), &Means::none()).expect("opens")
}

fn fixture(name: &str) -> Vec<Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/matrix");
    let text = std::fs::read_to_string(folder.join(name)).expect("a fixture");
    serde_json::from_str(&text).expect("a list")
}

#[test]
fn every_problem_of_the_settings_is_told_and_no_token() {
    let problems = MatrixConfig::parse(
        &json!({
            "homeserver": "matrix.city.example", "server_name": "@city", "user": "Desk Of",
            "display_name": "a\nb", "as_token": "CANARY", "hs_token": "CANARY of several words",
            "appservice": "", "ignored": ["bot"], "encryption": true,
        }),
        &"staff".parse().expect("a slug"),
    )
    .expect_err("all of it is wrong");
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let keys = [
        "homeserver",
        "server_name",
        "user",
        "display_name",
        "as_token",
        "hs_token",
        "appservice",
        "ignored[0]",
        "encryption",
    ];
    assert_eq!(paths, keys.map(|key| format!("settings.{key}")));
    assert!(!format!("{problems:?}").contains("CANARY"));
    assert!(!format!("{:?}", matrix(settings())).contains("CANARY"));
}

#[test]
fn the_desk_itself_and_other_bridges_are_passed_over() {
    let config = matrix(settings()).config;
    for user in ["@desk:city.example", "@wecom_li:city.example", "@bot:city.example"] {
        assert!(config.passes_over(user), "{user}");
    }
    for user in ["@li:city.example", "@desk:other.example", "@bot:city.example.org"] {
        assert!(!config.passes_over(user), "{user}");
    }
}

#[test]
fn the_registration_names_the_desk_alone() {
    let mut settings = settings();
    settings["user"] = json!("desk.it+1");
    let yaml = registration(&channel(settings), "https://desk.example/v1/callbacks/staff_matrix/");
    let expected = r##"id: "hutong-staff_matrix"
url: "https://desk.example/v1/callbacks/staff_matrix"
as_token: "CANARY-as-token-of-desk"
hs_token: "CANARY-hs-token-of-desk"
sender_localpart: "desk.it+1"
rate_limited: false
receive_ephemeral: true
de.sorunome.msc2409.push_ephemeral: true
namespaces:
  users:
    - exclusive: true
      regex: "^@desk\\.it\\+1:city\\.example$"
  aliases:
    - exclusive: true
      regex: "^#desk\\.it\\+1-[0-9a-f]{32}:city\\.example$"
  rooms: []
"##;
    assert_eq!(yaml.as_deref(), Ok(expected));
    let problems =
        registration(&channel(json!({})), "https://desk.example").expect_err("too early");
    assert_eq!(problems.first().map(|found| found.path.as_str()), Some("settings.homeserver"));
}

fn shown(said: Said) -> Value {
    let message = |message: NewMessage| {
        let media: Vec<Value> = message
            .media
            .iter()
            .map(|media| {
                json!({ "reference": media.reference, "name": media.name, "media_type": media.media_type })
            })
            .collect();
        json!({ "message": { "text": message.text, "media": media } })
    };
    match said {
        Said::Nothing => Value::Null,
        Said::Member { user, membership } => json!({ "member": [user, membership] }),
        Said::Message(new) => message(*new),
        Said::Edited { of, text } => json!({ "edited": [of, text] }),
        Said::Redacted { of } => json!({ "redacted": of }),
        Said::Reaction { of, emoji } => json!({ "reaction": [of, emoji] }),
        Said::Unreadable(what) => json!({ "unreadable": what }),
    }
}

#[test]
fn events_say_what_people_meant() {
    for case in fixture("events.json") {
        let event = words::read(&case["event"]).expect("an event");
        assert_eq!(shown(words::said(&event)), case["said"], "{}", case["what"]);
    }
    for damaged in fixture("damaged.json") {
        assert!(words::read(&damaged).is_err(), "{damaged}");
    }
}

/// Counts what is given to it.
#[derive(Default)]
struct Counter(AtomicUsize);

#[async_trait::async_trait]
impl InboundSink for Counter {
    async fn accept(&self, _inbound: Inbound) -> Result<Accepted, SinkError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Accepted::Noted)
    }
    async fn accept_raw(&self, _raw: RawInbound) -> Result<Accepted, SinkError> {
        Ok(Accepted::Noted)
    }
}

#[async_trait::async_trait]
impl Bookmarks for Counter {
    async fn find(&self, _name: &str) -> Result<Option<String>, SinkError> {
        Ok(None)
    }
    async fn lay(&self, _name: &str, _place: &str) -> Result<(), SinkError> {
        Ok(())
    }
}

fn request(method: &str, below: &str, token: &str) -> RawRequest {
    RawRequest {
        method: method.to_owned(),
        path_and_query: format!("/v1/callbacks/staff_matrix{below}"),
        below: below.to_owned(),
        headers: vec![("authorization".to_owned(), token.to_owned().into())],
        body: Bytes::from_static(br#"{"events": []}"#),
    }
}

#[tokio::test]
async fn only_the_homeserver_is_answered() {
    let counter = Arc::new(Counter::default());
    let inlet = Inlet::new(counter.clone(), counter.clone());
    let (door, path) = (matrix(settings()), "/_matrix/app/v1/transactions/1");
    let status =
        async |door: &Matrix, request: &RawRequest| match door.callback(request, &inlet).await {
            Ok(reply) => reply.status,
            Err(AdapterError::NotAuthentic) => 403,
            Err(AdapterError::Unsupported(_)) => 404,
            Err(other) => panic!("{other}"),
        };
    let bearer = format!("Bearer {HS_TOKEN}");
    assert_eq!(status(&door, &request("PUT", path, &bearer)).await, 200);
    assert_eq!(status(&door, &request("PUT", "/transactions/1", &bearer)).await, 200);
    let ping = request("POST", "/_matrix/app/v1/ping", &bearer);
    assert_eq!(status(&door, &ping).await, 200);
    assert_eq!(status(&door, &request("GET", path, &bearer)).await, 404);
    for token in
        [String::new(), HS_TOKEN.to_owned(), format!("Basic {HS_TOKEN}"), format!("{bearer}x")]
    {
        assert_eq!(status(&door, &request("PUT", path, &token)).await, 403, "{token}");
    }
    let mut legacy = request("PUT", path, "");
    legacy.headers.clear();
    legacy.path_and_query = format!("/v1/callbacks/staff_matrix{path}?access_token={HS_TOKEN}");
    assert_eq!(status(&door, &legacy).await, 200);
    legacy.path_and_query = format!("/v1/callbacks/staff_matrix{path}?access_token=");
    assert_eq!(status(&door, &legacy).await, 403);
    // Without a token in the settings, no token is the right one.
    let unset = matrix(json!({}));
    for token in ["", "Bearer ", "Bearer x"] {
        assert_eq!(status(&unset, &request("PUT", path, token)).await, 403, "{token}");
    }
    assert_eq!(counter.0.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn without_settings_it_says_what_is_missing() {
    let door = matrix(json!({}));
    let author = Author::System;
    let text = "hello".to_owned();
    let command = Command {
        id: "dlv_1".to_owned(),
        recipient: "@li:city.example".to_owned(),
        external_conversation: None,
        answers: None,
        action: Action::Send { text, files: Vec::new(), author, mail: None, choices: Vec::new() },
    };
    let outcome = door.deliver(&command).await;
    assert_eq!(outcome, Outcome::Rejected("settings.homeserver is missing".to_owned()));
    let findings = door.check().await;
    assert!(findings.iter().all(|found| found.passed == Passed::No), "{findings:?}");
}

proptest! {
    #[test]
    fn no_event_crashes_the_reader(cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for case in fixture("events.json") {
            let mut bytes = case["event"].to_string().into_bytes();
            let at = cut.index(bytes.len());
            if let Some(here) = bytes.get_mut(at) {
                *here = byte;
            }
            let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { continue };
            if let Ok(event) = words::read(&value) {
                drop(words::said(&event));
            }
        }
    }
}
