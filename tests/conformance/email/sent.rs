//! Out, through a real mail server into a real mailbox.

use super::desk::{DESK, Desk};
use channels::email::EmailAdapter;
use channels::{
    Action, AutoSubmitted, ChannelAdapter as _, Command, Outcome, OutgoingFile, OutgoingMail,
};
use domain::{Author, FileRef, Locale, MailAddress};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::eventually;
use tests::eventually::holds;
use tests::mta::{GREY, Mta, STRICT, UNKNOWN, USER};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Who wrote to the desk.
const LI: &str = "li@agency.test";

pub(super) fn door(desk: &Desk, port: u16, more: &Value) -> Arc<EmailAdapter> {
    let mut smtp = json!({
        "host": "127.0.0.1", "port": port, "security": "plain",
        "user": USER.0, "password": USER.1,
    });
    smtp.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Desk::adapter(json!({
        "address": DESK,
        "name": { "zh-CN": "服务台", "en": "Help desk" },
        "plus_addresses": true,
        "signature": { "zh-CN": "互通服务台\n电话 12345", "en": "Help desk" },
        "smtp": smtp,
        "dns": [desk.names.address()],
    }))
}

fn address(address: &str, name: &str) -> MailAddress {
    MailAddress { address: address.to_owned(), name: name.to_owned() }
}

fn mail(to: &str) -> OutgoingMail {
    OutgoingMail {
        message_id: "c1.token@desk.test".to_owned(),
        in_reply_to: Some("question@agency.test".to_owned()),
        references: vec!["first@agency.test".to_owned(), "question@agency.test".to_owned()],
        to: vec![address(to, "李雷")],
        cc: Vec::new(),
        subject: "Re: 关于系统登录的问题".to_owned(),
        reply_token: "tok3n".to_owned(),
        from_name: "韩梅梅".to_owned(),
        auto_submitted: AutoSubmitted::No,
        locale: Locale::ZhCn,
    }
}

fn command(mail: OutgoingMail, text: &str, files: Vec<OutgoingFile>) -> Command {
    let recipient = mail.to[0].address.clone();
    let author = Author::Agent { id: "han".parse().unwrap() };
    let mail = Some(Box::new(mail));
    let action = Action::Send { text: text.to_owned(), files, author, mail, choices: Vec::new() };
    Command { id: "c1".to_owned(), recipient, external_conversation: None, answers: None, action }
}

pub(super) fn hello(to: &str) -> Command {
    command(mail(to), "您好", Vec::new())
}

async fn open() -> (Desk, Mta) {
    let desk = Desk::open().await;
    let mta = Mta::start(&desk.folder.path().join("exim"), desk.server.lmtp_port()).await;
    (desk, mta)
}

/// Waits for the letters of a user.
pub(super) async fn arrived(desk: &Desk, user: &str, count: usize) -> Vec<String> {
    eventually("letters arrive", async || {
        let letters = desk.server.letters(user, "INBOX");
        holds(letters.len() >= count, format!("{} there", letters.len()))?;
        Ok(letters)
    })
    .await
}

#[tokio::test]
async fn a_letter_arrives_with_its_head_words_and_files() {
    let (desk, mta) = open().await;
    let door = door(&desk, mta.port(), &json!({}));
    let file = FileRef {
        id: "file_1".parse().unwrap(),
        name: "操作手册.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: 12,
        pending: false,
    };
    let file = OutgoingFile { file, bytes: "步骤一".into() };
    let mut mail = mail(LI);
    mail.cc = vec![address("boss@agency.test", "")];
    let outcome = door.deliver(&command(mail, "请看附件。\n<b>谢谢</b>", vec![file])).await;
    assert_eq!(outcome, Outcome::Sent(vec!["c1.token@desk.test".to_owned()]));
    let letter = arrived(&desk, LI, 1).await.remove(0);
    arrived(&desk, "boss@agency.test", 1).await;
    for line in [
        "Message-ID: <c1.token@desk.test>",
        "In-Reply-To: <question@agency.test>",
        "References: <first@agency.test> <question@agency.test>",
        "Cc: boss@agency.test",
    ] {
        assert!(letter.contains(line), "{line} is not in\n{letter}");
    }
    assert!(letter.contains("help+tok3n@desk.test"), "{letter}");
    assert!(!letter.contains("Auto-Submitted"), "{letter}");
    assert!(letter.is_ascii(), "{letter}");
    let raw = channels::RawInbound {
        channel: "mail".parse().unwrap(),
        place: String::new(),
        envelope: channels::Envelope::default(),
        received_at: domain::Timestamp(0),
        bytes: letter.clone().into(),
        is_whole: true,
    };
    let read = door.read(&raw).await.unwrap();
    let channels::Payload::MessageNew(message) = read.payload else { panic!("no message") };
    let head = message.mail.unwrap();
    assert_eq!(head.subject, "Re: 关于系统登录的问题");
    assert_eq!((head.from.name.as_str(), head.from.address.as_str()), ("韩梅梅", DESK));
    assert_eq!(head.to, [address(LI, "李雷")]);
    assert!(message.text.contains("请看附件。\n<b>谢谢</b>"), "{}", message.text);
    assert_eq!(message.attachments.len(), 1, "{letter}");
    assert_eq!(message.attachments[0].name, "操作手册.txt");
    assert_eq!(message.attachments[0].bytes, "步骤一");
}

#[tokio::test]
async fn automatic_letters_say_so() {
    let (desk, mta) = open().await;
    let mut mail = mail(LI);
    mail.auto_submitted = AutoSubmitted::Replied;
    let outcome =
        door(&desk, mta.port(), &json!({})).deliver(&command(mail, "已收到", Vec::new())).await;
    assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    let letter = arrived(&desk, LI, 1).await.remove(0);
    assert!(letter.contains("Auto-Submitted: auto-replied"), "{letter}");
    assert!(letter.contains("X-Auto-Response-Suppress: All"), "{letter}");
}

#[tokio::test]
async fn what_the_mail_server_says_decides_what_happens_next() {
    let (desk, mta) = open().await;
    let door = door(&desk, mta.port(), &json!({}));
    let at = |local: &str| format!("{local}@agency.test");
    assert_eq!(door.deliver(&hello(&at(UNKNOWN))).await, Outcome::RecipientGone);
    let grey = door.deliver(&hello(&at(GREY))).await;
    assert!(matches!(grey, Outcome::RateLimited(_)), "{grey:?}");
    let strict = door.deliver(&hello(&at(STRICT))).await;
    assert!(matches!(&strict, Outcome::Rejected(why) if why.contains("5.7.1")), "{strict:?}");
    // A dead address among the copies does not keep the answer from who asked.
    let mut copied = mail(LI);
    copied.cc = vec![address(&at(UNKNOWN), "")];
    let outcome = door.deliver(&command(copied, "您好", Vec::new())).await;
    let Outcome::SentInPart { missed, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(missed.iter().map(|one| &one.recipient).collect::<Vec<_>>(), [&at(UNKNOWN)]);
    assert!(missed[0].reason.contains("550"), "{}", missed[0].reason);
    assert_eq!(arrived(&desk, LI, 1).await.len(), 1);
}

#[tokio::test]
async fn nothing_is_smuggled_into_a_head() {
    let (desk, mta) = open().await;
    let door = door(&desk, mta.port(), &json!({}));
    let spoil: [fn(&mut OutgoingMail); 6] = [
        |mail| mail.subject = "a\r\nBcc: all@desk.test".to_owned(),
        |mail| mail.from_name = "a\nb".to_owned(),
        |mail| mail.message_id = "a>\r\nX: <b".to_owned(),
        |mail| mail.references.push("a\r\nX: b".to_owned()),
        |mail| mail.to[0].address = "li@agency.test>\r\nRCPT TO:<x@y.test".to_owned(),
        |mail| mail.reply_token = "a b@c".to_owned(),
    ];
    for (n, spoil) in spoil.into_iter().enumerate() {
        let mut mail = mail(LI);
        spoil(&mut mail);
        let outcome = door.deliver(&command(mail, "您好", Vec::new())).await;
        assert!(matches!(outcome, Outcome::Rejected(_)), "{n}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_or_refuses_us_is_tried_again() {
    let (desk, mta) = open().await;
    let wrong = door(&desk, mta.port(), &json!({ "password": "wrong" })).deliver(&hello(LI)).await;
    assert!(
        matches!(&wrong, Outcome::Unavailable(why) if why.contains("refuses our credentials")),
        "{wrong:?}"
    );
    let away = door(&desk, 1, &json!({})).deliver(&hello(LI)).await;
    assert!(matches!(away, Outcome::Unavailable(_)), "{away:?}");
}

#[tokio::test]
async fn a_limit_of_letters_in_a_minute_is_kept() {
    let (desk, mta) = open().await;
    let door = door(&desk, mta.port(), &json!({ "per_minute": 2 }));
    for _ in 0..2 {
        assert!(matches!(door.deliver(&hello(LI)).await, Outcome::Sent(_)));
    }
    let third = door.deliver(&hello(LI)).await;
    assert!(matches!(third, Outcome::RateLimited(wait) if wait.as_secs() <= 60), "{third:?}");
    assert_eq!(arrived(&desk, LI, 2).await.len(), 2);
}

/// A mail server that takes a letter and dies before it says so.
#[tokio::test]
async fn a_line_that_breaks_behind_the_letter_leaves_it_in_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (line, _) = listener.accept().await.unwrap();
        let mut line = BufReader::new(line);
        line.get_mut().write_all(b"220 mx\r\n").await.unwrap();
        loop {
            let mut said = String::new();
            if line.read_line(&mut said).await.unwrap() == 0 || said == ".\r\n" {
                return;
            }
            let reply = match said.get(..4) {
                Some("EHLO") => "250-mx\r\n250 AUTH PLAIN\r\n",
                Some("AUTH") => "235 ok\r\n",
                Some("DATA") => "354 go\r\n",
                Some("MAIL" | "RCPT") => "250 ok\r\n",
                _ => continue,
            };
            line.get_mut().write_all(reply.as_bytes()).await.unwrap();
        }
    });
    let desk = Desk::open().await;
    let outcome = door(&desk, port, &json!({})).deliver(&hello(LI)).await;
    assert!(matches!(outcome, Outcome::InDoubt(_)), "{outcome:?}");
}
