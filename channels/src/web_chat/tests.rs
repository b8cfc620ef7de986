//! Settings, origins and envelopes of web chat.

use super::*;
use crate::inbound::{Assurance, EXTERNAL_ID_BYTES_MAX, Payload};
use crate::outbound::Action;
use domain::{Audience, ContactId, Locale, Localized, Timestamp};
use serde_json::json;

pub(crate) fn channel(settings: serde_json::Value) -> Channel {
    Channel {
        id: "city_site".parse().expect("a slug"),
        name: Localized::default(),
        kind: ChannelKind::WebChat,
        adapter: ADAPTER.to_owned(),
        audience: Audience::Public,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

fn paths(settings: serde_json::Value) -> Vec<String> {
    let problems = WebChatConfig::parse(&settings).expect_err("must be refused");
    problems.into_iter().map(|problem| problem.path).collect()
}

#[test]
fn empty_and_absent_settings_are_the_defaults() {
    for settings in [json!({}), json!(null)] {
        let config = WebChatConfig::parse(&settings).expect("defaults");
        assert_eq!(config.widget, WidgetSettings::default());
        assert!(config.identity.is_empty());
    }
}

#[test]
fn every_problem_is_reported_with_its_path() {
    let found = paths(json!({
        "allowed_origins": ["https://ok.cn", "city.cn", 7],
        "identity_secret": "short",
        "colour": "red",
        "widget": {
            "color": "blue", "corner": "top", "ask_name": true, "elder_mode": "yes",
            "greeting": {"fr": "salut"},
            "privacy": {"url": "javascript:alert(1)", "link": ""},
        },
    }));
    assert_eq!(
        found,
        [
            "settings.allowed_origins[2]",
            "settings.allowed_origins[1]",
            "settings.identity_secret",
            "settings.widget.color",
            "settings.widget.corner",
            "settings.widget.greeting",
            "settings.widget.ask_name",
            "settings.widget.elder_mode",
            "settings.widget.privacy.url",
            "settings.widget.privacy.link",
            "settings.colour",
        ]
    );
}

#[test]
fn a_secret_is_never_shown() {
    let problems = WebChatConfig::parse(&json!({"identity_secret": "hunter2"})).expect_err("short");
    assert!(problems.iter().all(|problem| !problem.problem.contains("hunter2")));
    let config =
        WebChatConfig::parse(&json!({"identity_secret": "0123456789abcdef0123456789abcdef"}));
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
}

#[test]
fn origins_match_whole_or_below_a_name_and_never_by_suffix() {
    let settings = json!({"allowed_origins": ["https://www.city.cn", "https://*.gov.cn", "http://localhost:8000"]});
    let config = WebChatConfig::parse(&settings).expect("fine");
    let own = "https://desk.example";
    for allowed in [
        "https://www.city.cn",
        "https://a.gov.cn",
        "https://a.b.gov.cn",
        "http://localhost:8000",
        own,
    ] {
        assert!(config.allows_origin(allowed, own), "{allowed}");
    }
    for refused in [
        "http://www.city.cn",
        "https://www.city.cn.evil.com",
        "https://evilgov.cn",
        "https://gov.cn",
        "https://.gov.cn",
        "http://localhost:8001",
        "null",
        "",
    ] {
        assert!(!config.allows_origin(refused, own), "{refused}");
    }
}

#[test]
fn a_word_keeps_its_dedupe_key_within_the_contact() {
    let door = WebChat::open(&channel(json!({}))).expect("opens");
    let contact: ContactId = format!("ctc_{}", "a".repeat(60)).parse().expect("an id");
    let visitor =
        Visitor { contact, verified: true, name: "李明".to_owned(), locale: Locale::ZhCn };
    let word = VisitorWord {
        client_id: "c".repeat(64),
        text: "您好".to_owned(),
        ..VisitorWord::default()
    };
    let inbound = door.word(&visitor, word.clone(), Timestamp(5));
    assert_eq!(inbound, door.word(&visitor, word, Timestamp(5)));
    assert!(inbound.external_id.len() <= EXTERNAL_ID_BYTES_MAX);
    assert!(inbound.external_id.starts_with(visitor.contact.as_str()));
    assert_eq!(inbound.sender.assurance, Assurance::Proved);
    assert!(matches!(inbound.payload, Payload::MessageNew(message) if message.text == "您好"));
    assert!(!format!("{:?}", inbound.sender).contains("李明"));
}

#[tokio::test]
async fn answers_are_read_from_the_log() {
    let door = WebChat::open(&channel(json!({}))).expect("opens");
    assert!(door.descriptor().capabilities.read_from_log);
    let mut command = Command {
        id: "dlv_1".to_owned(),
        recipient: String::new(),
        external_conversation: None,
        answers: None,
        action: Action::Typing,
    };
    assert_eq!(door.deliver(&command).await, Outcome::Sent(Vec::new()));
    command.action = Action::EndCall { call: "1".to_owned() };
    assert!(matches!(door.deliver(&command).await, Outcome::Rejected(_)));
}

#[test]
fn going_on_by_mail_names_a_mailbox_and_a_time() {
    let mail = |mail: serde_json::Value| {
        WebChatConfig::parse(&json!({ "mail": mail }))
            .map(|config| config.mail.map(|by| (by.channel.to_string(), by.unread_after.as_secs())))
    };
    assert_eq!(mail(json!(null)), Ok(None));
    assert_eq!(mail(json!({ "channel": "mail" })), Ok(Some(("mail".to_owned(), 120))));
    let later = mail(json!({ "channel": "mail", "after_secs": 600 }));
    assert_eq!(later, Ok(Some(("mail".to_owned(), 600))));
    let found = paths(json!({ "mail": { "after_secs": 1, "to": "x" } }));
    let all = ["channel", "after_secs", "to"].map(|key| format!("settings.mail.{key}"));
    assert_eq!(found, all);
}
