//! What the letters of a chat say, and what they leave out.

use super::*;
use domain::{Desk, MessageContent};
use serde_json::json;

pub(in crate::pipeline) fn view() -> DeskView {
    let desk: Desk = serde_json::from_value(json!({
        "channels": [{ "id": "site", "name": { "zh-CN": "市政务服务", "en": "City services" },
            "kind": "web_chat", "adapter": "web_chat", "audience": "public", "topics": [] }],
        "agents": [
            { "id": "li", "name": "李明", "role": "agent", "skills": {} },
            { "id": "wu", "name": "吴芳", "role": "agent", "skills": {} },
        ],
    }))
    .unwrap();
    DeskView::new(desk, 1)
}

pub(in crate::pipeline) fn conversation() -> Conversation {
    serde_json::from_value(json!({
        "id": "conv_1", "state": "active", "contact": "ctc_1", "channel": "site", "kind": "web_chat",
        "queue": "tax", "agent": "li", "opened_at": 0, "arrived_at": 0, "due_at": 0, "last_seq": 4,
        "read_by_contact": 0, "read_by_agent": 0, "info": { "audience": "public", "locale": "zh-CN" },
    }))
    .unwrap()
}

pub(in crate::pipeline) fn said(seq: u64, who: &str, kind: MessageKind, text: &str) -> Message {
    let author = match who {
        "contact" => Author::Contact { id: "ctc_1".parse().unwrap() },
        agent => Author::Agent { id: agent.parse().unwrap() },
    };
    let content = MessageContent {
        id: format!("msg_{seq}").parse().unwrap(),
        author,
        kind,
        text: text.to_owned(),
        files: Vec::new(),
        notice: None,
        client_id: None,
        mail: None,
    };
    Message { seq, at: Timestamp(1_732_300_000_000), content }
}

fn file(name: &str, bytes: u64) -> FileRef {
    FileRef {
        id: "file_1".parse().unwrap(),
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes,
        pending: false,
    }
}

#[test]
fn one_letter_tells_what_agents_said_and_nothing_else() {
    let mut log = vec![
        said(1, "contact", MessageKind::Text, "我的退税呢"),
        said(2, "li", MessageKind::Text, "正在查"),
        said(3, "li", MessageKind::Note, "此人很急"),
        said(4, "li", MessageKind::Text, "已退"),
    ];
    log[3].content.files = vec![file("a.pdf", 1), file("big.zip", FILES_BYTES_MAX)];
    let unread = Unread::of(&log).unwrap();
    assert_eq!((unread.last().seq, unread.upto()), (4, 4));
    let told = unread.told(&view(), &conversation(), Locale::ZhCn);
    assert!(
        told.text.contains("正在查\n\n已退\n［附件：a.pdf］\n［文件，请在对话中查看：big.zip］"),
        "{}",
        told.text
    );
    assert!(!told.text.contains("很急") && !told.text.contains("我的退税"), "{}", told.text);
    assert_eq!((told.from_name.as_str(), told.files.len()), ("李明", 1));
    let nothing =
        [said(1, "contact", MessageKind::Text, "在吗"), said(2, "li", MessageKind::Note, "x")];
    assert!(Unread::of(&nothing).is_none() && Unread::of(&[]).is_none());
}

#[test]
fn of_several_agents_each_is_named() {
    let log = [said(1, "li", MessageKind::Text, "one"), said(2, "wu", MessageKind::Text, "two")];
    let told = Unread::of(&log).unwrap().told(&view(), &conversation(), Locale::En);
    assert!(told.text.contains("李明:\none\n\n吴芳:\ntwo"), "{}", told.text);
    assert_eq!(told.from_name, "", "the desk writes");
}

#[test]
fn what_does_not_fit_is_left_for_the_next_letter() {
    let long = "x".repeat(domain::limits::TEXT_BYTES_MAX);
    let log: Vec<Message> = (1..=10).map(|seq| said(seq, "li", MessageKind::Text, &long)).collect();
    let unread = Unread::of(&log).unwrap();
    assert_eq!((unread.last().seq, unread.upto()), (7, 7));
    let told = unread.told(&view(), &conversation(), Locale::En);
    assert!(told.text.len() <= LETTER_TEXT_BYTES_MAX);
}

#[test]
fn later_letters_answer_the_first() {
    let (view, conversation) = (view(), conversation());
    let subject = |later| subject(&view, &conversation, Locale::En, later);
    assert_eq!(subject(false), "City services: an answer to your question");
    assert_eq!(subject(true), "Re: City services: an answer to your question");
}
