//! Letters as they leave.

use super::*;
use domain::{FileRef, Locale, Localized};
use serde_json::json;

fn config() -> EmailConfig {
    let channel = serde_json::from_value(json!({
        "id": "mail", "name": {}, "kind": "email", "adapter": "email", "audience": "agency",
        "topics": [],
        "settings": {
            "address": "help@desk.cn", "plus_addresses": true,
            "name": { "zh-CN": "服务台" }, "signature": { "zh-CN": "互通\n12345" },
        },
    }));
    EmailConfig::parse(&channel.unwrap()).unwrap()
}

fn mail() -> OutgoingMail {
    OutgoingMail {
        message_id: "m1@desk.cn".to_owned(),
        in_reply_to: Some("q@agency.cn".to_owned()),
        references: Vec::new(),
        to: vec![MailAddress { address: "li@agency.cn".to_owned(), name: "李, 雷".to_owned() }],
        cc: Vec::new(),
        subject: "答复".to_owned(),
        reply_token: "t0".to_owned(),
        from_name: String::new(),
        auto_submitted: AutoSubmitted::No,
        locale: Locale::ZhCn,
    }
}

fn text_of(mail: &OutgoingMail, text: &str) -> String {
    let ready = compose(&config(), mail, text, &[], Timestamp(1_795_700_000_000)).ok().unwrap();
    String::from_utf8(ready.bytes).unwrap()
}

#[test]
fn every_byte_is_ascii_and_no_line_is_too_long() {
    let mut long = mail();
    long.subject = "很长的主题".repeat(60);
    long.references = (0..100).map(|n| format!("reference-number-{n}@agency.example.cn")).collect();
    let text = text_of(&long, &"字".repeat(5_000));
    assert!(text.is_ascii());
    let longest = text.split("\r\n").map(str::len).max().unwrap();
    assert!(longest <= 998, "{longest}");
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a bare line end");
    let kept = text.matches("reference-number-").count();
    assert_eq!(kept, REFERENCES_MAX, "the first and the latest");
    assert!(text.contains("<reference-number-0@") && text.contains("<reference-number-99@"));
}

#[test]
fn the_signature_stands_below_and_the_reply_address_carries_the_token() {
    let text = text_of(&mail(), "您好");
    assert!(text.contains("Reply-To:") && text.contains("help+t0@desk.cn"), "{text}");
    assert!(text.contains("Date: "), "{text}");
    let read = super::super::letter::read(&text.into_bytes().into()).unwrap();
    assert_eq!(read.text, "您好");
    assert!(read.rest.contains("互通"), "{}", read.rest);
    assert_eq!(read.from.unwrap().name, "服务台");
    assert_eq!(read.to[0].name, "李, 雷");
    assert_eq!(read.date, Some(Timestamp(1_795_700_000_000)));
}

#[test]
fn markup_of_people_is_shown_and_does_nothing() {
    let mut page = String::new();
    escape("<img src=x onerror=\"a('b')\">&", &mut page);
    assert_eq!(page, "&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;");
}

#[test]
fn control_characters_are_refused_in_every_field() {
    let fields: [fn(&mut OutgoingMail, &str); 8] = [
        |mail, bad| mail.subject.push_str(bad),
        |mail, bad| mail.from_name.push_str(bad),
        |mail, bad| mail.message_id.push_str(bad),
        |mail, bad| mail.reply_token.push_str(bad),
        |mail, bad| mail.in_reply_to = Some(bad.to_owned()),
        |mail, bad| mail.references.push(bad.to_owned()),
        |mail, bad| mail.to[0].address.push_str(bad),
        |mail, bad| mail.to[0].name.push_str(bad),
    ];
    for bad in ["\r\nBcc: x@y.cn", "\n", "\r", "\0"] {
        for (n, field) in fields.iter().enumerate() {
            let mut mail = mail();
            field(&mut mail, bad);
            let unfit = compose(&config(), &mail, "x", &[], Timestamp(0)).err();
            assert!(matches!(unfit, Some(Unfit::Control(_))), "{n} {bad:?}: {unfit:?}");
        }
    }
}

#[test]
fn what_is_over_the_limits_is_refused() {
    let long = "x".repeat(LETTER_TEXT_BYTES_MAX + 1);
    assert_eq!(compose(&config(), &mail(), &long, &[], Timestamp(0)).err(), Some(Unfit::TooLarge));
    let file = OutgoingFile {
        file: FileRef {
            id: "file_1".parse().unwrap(),
            name: "a.bin".to_owned(),
            media_type: "nonsense".to_owned(),
            bytes: 0,
            pending: false,
        },
        bytes: "x".into(),
    };
    let many = vec![file.clone(); FILES_PER_MESSAGE_MAX + 1];
    assert_eq!(compose(&config(), &mail(), "x", &many, Timestamp(0)).err(), Some(Unfit::TooLarge));
    let one = compose(&config(), &mail(), "x", &[file], Timestamp(0)).ok().unwrap();
    let text = String::from_utf8(one.bytes).unwrap();
    assert!(text.contains("application/octet-stream"), "{text}");
    let mut nobody = mail();
    nobody.to.clear();
    assert_eq!(compose(&config(), &nobody, "x", &[], Timestamp(0)).err(), Some(Unfit::Nobody));
}

#[test]
fn control_characters_of_a_text_do_not_reach_the_letter() {
    assert_eq!(clean("a\u{0}b\rc\r\nd\te\u{7}\n\n"), "ab\r\nc\r\nd\te");
    let name = Localized { zh_cn: "服务台".to_owned(), en: String::new() };
    assert_eq!(config().name, name);
}
