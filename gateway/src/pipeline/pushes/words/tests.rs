//! What notifications say, and what they leave out.

use super::*;
use crate::pipeline::by_mail::words::tests::{conversation, said, view};
use domain::Wish;

fn notice(seq: u64, notice: Notice) -> Message {
    let mut message = said(seq, "contact", MessageKind::Notice, "");
    message.content.author = domain::Author::System;
    message.content.notice = Some(notice);
    message
}

fn closed(by: &str) -> Notice {
    Notice::Closed { by: by.to_owned() }
}

fn log() -> Vec<Message> {
    vec![
        notice(1, Notice::Joined { agent: "li".parse().unwrap() }),
        said(2, "li", MessageKind::Text, "请先\n登录  后查看"),
        said(3, "contact", MessageKind::Text, "好的"),
        said(4, "li", MessageKind::Note, "内部备注"),
        said(5, "wu", MessageKind::Text, "还需要证件"),
    ]
}

#[test]
fn the_last_answer_is_told_with_its_writer_and_on_one_line() {
    let (log, wishes) = (log(), NotificationWishes::default());
    let told = Told::of(&log, 0, &wishes).unwrap();
    assert_eq!((told.kind, told.seq, told.badge), (NotificationKind::Answer, 5, 2));
    let words = told.words(&view(), &conversation(), (Locale::ZhCn, false));
    assert_eq!(words, Words { title: "吴芳".to_owned(), body: "还需要证件".to_owned() });
    let told = Told::of(&log[..2], 0, &wishes).unwrap();
    let words = told.words(&view(), &conversation(), (Locale::En, false));
    assert_eq!(words.body, "请先 登录 后查看");
}

#[test]
fn what_is_private_names_nobody_and_repeats_nothing() {
    let log = log();
    let told = Told::of(&log, 0, &NotificationWishes::default()).unwrap();
    let words = told.words(&view(), &conversation(), (Locale::En, true));
    assert_eq!(words.title, "City services");
    assert_eq!(words.body, "There is an answer to your question");
}

#[test]
fn a_device_is_told_of_what_came_after_its_mark_as_far_as_it_is_wanted() {
    let mut log = log();
    let all = NotificationWishes::default();
    assert!(Told::of(&log, 5, &all).is_none(), "it was told");
    assert_eq!(Told::of(&log, 2, &all).unwrap().kind, NotificationKind::Answer);
    let no_answers = NotificationWishes { answer: Wish::No, ..all.clone() };
    assert_eq!(Told::of(&log, 0, &no_answers).unwrap().kind, NotificationKind::Status);
    assert!(Told::of(&log, 1, &no_answers).is_none());
    log.push(notice(6, closed("agent")));
    assert!(Told::of(&log, 5, &all).is_none(), "the answer is not read yet, and matters more");
    assert_eq!(Told::of(&log, 0, &all).unwrap().kind, NotificationKind::Answer);
    assert_eq!(Told::of(&log[5..], 5, &all).unwrap().kind, NotificationKind::Rating);
    let nothing = NotificationWishes { rating: Wish::No, status: Wish::No, ..no_answers };
    assert!(Told::of(&log, 0, &nothing).is_none());
}

#[test]
fn whoever_ended_it_is_not_asked_and_own_words_wake_nobody() {
    let log = [said(1, "contact", MessageKind::Text, "谢谢"), notice(2, closed("contact"))];
    assert!(Told::of(&log, 0, &NotificationWishes::default()).is_none());
}

#[test]
fn a_long_answer_is_cut_between_characters() {
    let log = [said(1, "li", MessageKind::Text, &"很长".repeat(200))];
    let told = Told::of(&log, 0, &NotificationWishes::default()).unwrap();
    let words = told.words(&view(), &conversation(), (Locale::ZhCn, false));
    assert_eq!(words.body.chars().count(), BODY_CHARS_MAX);
    assert!(words.body.ends_with('…'));
}
