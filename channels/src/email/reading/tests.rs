//! Letters as events.

use super::*;
use bytes::Bytes;
use domain::{Audience, Timestamp};
use serde_json::json;

fn config(more: serde_json::Value) -> EmailConfig {
    let mut settings = json!({ "address": "help@desk.cn", "dns": ["127.0.0.1:1"] });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let channel = serde_json::from_value(json!({
        "id": "mail", "name": {}, "kind": "email", "adapter": "email", "audience": "agency",
        "topics": [{ "id": "billing", "name": {}, "queue": "q" }], "settings": settings,
    }));
    EmailConfig::parse(&channel.unwrap()).unwrap()
}

fn raw(text: &str) -> RawInbound {
    RawInbound {
        channel: "mail".parse().unwrap(),
        place: "lmtp".to_owned(),
        envelope: crate::Envelope::default(),
        received_at: Timestamp(7),
        bytes: Bytes::from(text.to_owned()),
        is_whole: true,
    }
}

/// What a letter becomes when nothing is known of its origin.
fn read_message(config: &EmailConfig, text: &str) -> NewMessage {
    let raw = raw(text);
    let letter = letter::read(&raw.bytes).unwrap();
    let from = letter.from.clone().unwrap();
    message(config, &Verdict::default(), &raw, &letter, from)
}

fn id_of(text: &str) -> String {
    let bytes = Bytes::from(text.to_owned());
    id(&letter::read(&bytes).unwrap(), &bytes)
}

const LETTER: &str = "From: Li <Li@Agency.GOV.cn>\r\nTo: help@desk.cn\r\n\
    Subject: An urgent Bill\r\nMessage-ID: <m1@agency.cn>\r\n\
    Date: Thu, 26 Nov 2026 08:00:00 +0800\r\n\r\nHello,\r\nplease help.\r\n";

#[test]
fn the_same_letter_is_one_whichever_way_it_came() {
    let id = id_of(LETTER);
    let by_another_way = format!("Received: from a by b\r\nX-Spam: no\r\n{LETTER}\r\n");
    assert_eq!(id_of(&by_another_way), id);
    assert_eq!(id_of(&LETTER.replace("\r\n", "\n")), id);
    for (from, to) in [
        ("please help", "please pay"),
        ("m1@agency", "m2@agency"),
        ("Li@Agency", "Han@Agency"),
        ("08:00:00", "08:00:01"),
        ("Hello,\r\n", "Hello,\r\n\r\n"),
    ] {
        assert_ne!(id_of(&LETTER.replace(from, to)), id, "{from} is not looked at");
    }
}

#[test]
fn the_first_rule_that_fits_is_taken_and_all_of_it_must_hold() {
    let config = config(json!({ "rules": [
        { "from_domain": "gov.cn", "important": true, "topic": "billing", "audience": "staff" },
        { "from_domain": "gov.cn", "subject_contains": "BILL", "topic": "billing",
          "request_type": "money", "audience": "agency" },
        { "from": "li@agency.gov.cn", "audience": "public" },
    ] }));
    let message = read_message(&config, LETTER);
    assert_eq!(message.topic.as_deref(), Some("billing"));
    assert_eq!(message.request_type.as_deref(), Some("money"));
    assert_eq!(message.audience, Some(Audience::Agency));
    let other = read_message(&config, &LETTER.replace("Bill", "matter"));
    assert_eq!((other.topic, other.audience), (None, Some(Audience::Public)));
    let stranger = read_message(&config, &LETTER.replace("Agency.GOV.cn", "notgov.cn"));
    assert_eq!(stranger.audience, None);
}

#[test]
fn a_letter_without_words_has_its_subject() {
    let empty = "From: a@b.cn\r\nSubject: Call me back\r\n\r\n\r\n";
    assert_eq!(read_message(&config(json!({})), empty).text, "Call me back");
}

#[test]
fn a_long_letter_is_cut_at_a_whole_character_and_says_so() {
    let long = format!(
        "From: a@b.cn\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nx{}",
        "字".repeat(9_000)
    );
    let message = read_message(&config(json!({})), &long);
    assert!(message.text.len() <= TEXT_BYTES_MAX && message.text.len() > TEXT_BYTES_MAX - 4);
    assert!(message.mail.unwrap().is_cut);
    assert!(!read_message(&config(json!({})), LETTER).mail.unwrap().is_cut);
}

#[tokio::test]
async fn who_claims_to_be_the_desk_is_never_more_than_a_claim() {
    let config = config(json!({}));
    let forged = LETTER.replace("Li@Agency.GOV.cn", "Help+x@desk.cn");
    let message = read_message(&config, &forged);
    assert_eq!(message.mail.unwrap().warning, Some(MailWarning::ClaimsDesk));
    let read = read(&config, &Trust::new(&config), &raw(&forged)).await.unwrap();
    assert_eq!((read.sender.kind.as_str(), read.sender.assurance), ("email", Assurance::Claimed));
    assert_eq!(read.sender.value, "help+x@desk.cn");
    assert_eq!(read.sender.contact, None);
}

#[test]
fn answers_are_told_the_nearest_first_and_each_once() {
    let text = "From: a@b.cn\r\nIn-Reply-To: <c@x>\r\nReferences: <a@x> <b@x> <c@x>\r\n\r\nhi\r\n";
    let mut raw = raw(text);
    raw.envelope.rcpt_to = vec!["help+t@desk.cn".to_owned()];
    let answers = answers(&letter::read(&raw.bytes).unwrap(), &raw);
    assert_eq!(answers.message_ids, ["c@x", "b@x", "a@x"]);
    assert_eq!(answers.recipients, ["help+t@desk.cn"]);
}

#[tokio::test]
async fn a_letter_of_nobody_and_no_letter_are_not_read() {
    let config = config(json!({}));
    let trust = Trust::new(&config);
    for text in ["Subject: hi\r\n\r\nhello\r\n", "", "\0\u{1}\u{2}"] {
        let read = read(&config, &trust, &raw(text)).await;
        assert!(matches!(read, Err(AdapterError::Malformed(_))), "{text:?}: {read:?}");
    }
}

#[test]
fn of_several_recipients_each_is_told_and_only_the_failed_as_failed() {
    let report = |recipient: &str, permanent| Report {
        message_id: Some("m1@desk.cn".to_owned()),
        recipient: recipient.to_owned(),
        permanent,
        status: String::new(),
        reason: "r".repeat(10_000),
    };
    let no_reason =
        Report { status: "5.1.1".to_owned(), reason: String::new(), ..report("gone@a.cn", true) };
    let reports = [report("late@a.cn", false), report("dead@a.cn", true), no_reason];
    let Some(Payload::Bounced { message_id, failed, delayed }) = bounced(&reports) else {
        panic!("no bounce")
    };
    assert_eq!(message_id.as_deref(), Some("m1@desk.cn"));
    let names = |missed: &[Missed]| -> Vec<String> {
        missed.iter().map(|one| one.recipient.clone()).collect()
    };
    assert_eq!(names(&failed), ["dead@a.cn", "gone@a.cn"]);
    assert_eq!(names(&delayed), ["late@a.cn"]);
    assert_eq!((failed[0].reason.len(), failed[1].reason.as_str()), (REASON_CHARS_MAX, "5.1.1"));
    assert_eq!(bounced(&[]), None);
}

#[test]
fn people_lists_and_programs_are_told_apart() {
    let config = config(json!({}));
    for (head, writer) in [
        ("", Writer::Person),
        ("List-Id: <office.a.cn>\r\n", Writer::List),
        ("Precedence: list\r\n", Writer::List),
        ("Precedence: bulk\r\n", Writer::Program),
        ("List-Unsubscribe: <https://a.cn/no>\r\n", Writer::Program),
        ("List-Id: <office.a.cn>\r\nAuto-Submitted: auto-replied\r\n", Writer::Program),
    ] {
        let letter = format!("From: a@b.cn\r\nSubject: x\r\n{head}\r\nhello\r\n");
        let message = read_message(&config, &letter);
        assert_eq!(message.writer, writer, "{head}");
        assert_eq!(message.mail.unwrap().automatic, writer != Writer::Person, "{head}");
    }
}
