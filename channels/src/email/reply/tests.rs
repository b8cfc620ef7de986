//! Answers as mail programs write them.

use super::*;
use proptest::prelude::*;

fn parts(body: &str) -> (String, String) {
    let split = split(&plain_lines(body), "");
    (split.text, split.rest)
}

fn assert_split(body: &str, text: &str, rest_contains: &str) {
    let (found, rest) = parts(body);
    assert_eq!(found, text, "{body}");
    assert!(rest.contains(rest_contains), "{rest}");
}

#[test]
fn programs_of_many_makers_are_known() {
    for (name, mark) in [
        ("gmail", "On Tue, Jan 2, 2024 at 10:00 AM Desk <desk@city.cn> wrote:\n> old"),
        ("gmail, broken", "On Tue, Jan 2, 2024 at 10:00 AM Desk\n<desk@city.cn>\nwrote:\n\n> old"),
        ("gmail zh", "Desk <desk@city.cn> 于2024年1月2日周二 10:00写道：\n> old"),
        ("apple zh", "在 2024年1月2日，10:00，Desk <desk@city.cn> 写道：\n\n> old"),
        ("apple zh, quoted", "> 在 2024年1月2日，10:00，Desk <desk@city.cn> 写道：\n> \n> old"),
        ("163", "在 2024-01-02 10:00:00，\"Desk\" <desk@city.cn> 写道：\n\nold"),
        ("163 en", "At 2024-01-02 10:00:00, \"Desk\" <desk@city.cn> wrote:\n>old"),
        (
            "outlook",
            "________________________________\nFrom: Desk <desk@city.cn>\nSent: Tuesday\nTo: Li\nSubject: a\n\nold",
        ),
        ("outlook old", "-----Original Message-----\nFrom: Desk\nold"),
        (
            "outlook zh",
            "发件人: Desk <desk@city.cn> \n发送时间: 2024年1月2日\n收件人: Li\n主题: a\n\nold",
        ),
        ("outlook zh, wide", "发件人：Desk\n发送时间：2024年\n收件人：Li\n主题：a\n\nold"),
        ("outlook zh-TW", "寄件者: Desk\n寄件日期: 2024年\n收件者: Li\n主旨: a\n\nold"),
        (
            "qq",
            "------------------ 原始邮件 ------------------\n发件人: \"Desk\" <desk@city.cn>;\nold",
        ),
        (
            "qq, hard space",
            "------------------\u{a0}原始邮件\u{a0}------------------\n发件人: Desk\nold",
        ),
        ("netease", "---- 回复的原邮件 ----\n| 发件人 | Desk |\nold"),
        (
            "aliyun",
            "------------------------------------------------------------------\n发件人：Desk\n发送时间：2024年\n收件人：Li\n主　题：a\n\nold",
        ),
        ("foxmail", "发件人： Desk\n发送时间： 2024-01-02 10:00\n收件人： Li\n主题： a\nold"),
    ] {
        let (text, rest) = parts(&format!("您好，\n新的内容。\n\n{mark}"));
        assert_eq!(text, "您好，\n新的内容。", "{name}");
        assert!(rest.contains("old"), "{name}: {rest}");
    }
}

#[test]
fn signatures_go_to_the_rest() {
    assert_split("new\n\n-- \nLi Lei\nTax office", "new", "Li Lei");
    assert_split("new\n\n发自我的iPhone", "new", "iPhone");
    assert_split("new\n\nSent from my iPhone\n\n> old", "new", "iPhone");
    assert_split("new\n-- \nLi\n\nOn 2024-01-02 x <a@b.cn> wrote:\n> old", "new", "Li");
    assert_split("new\n> old\n-- \nLi", "new", "Li");
    // Too long for one.
    let list = "a\n-- \n".to_owned() + &"line\n".repeat(40);
    assert_eq!(parts(&list).1, "");
}

#[test]
fn answers_below_and_between_quotes_are_kept() {
    assert_split("> old question\n\nanswer", "answer", "old question");
    assert_split("On 2024-01-02 x <a@b.cn> wrote:\n> old\n\nanswer\n-- \nLi", "answer", "old");
    let between = "> first?\nyes\n> second?\nno";
    assert_eq!(parts(between), (between.to_owned(), String::new()));
    assert_split(
        "see:\n> first?\nyes\n> second?\nno\n> tail",
        "see:\n> first?\nyes\n> second?\nno",
        "tail",
    );
}

#[test]
fn what_is_not_sure_stays() {
    for body in [
        "发件人: Desk\n发送时间: 2024年\n收件人: Li\n主题: a\n\nonly this",
        "我的回复见下文红字。\n\n-----Original Message-----\nFrom: Desk\nold\nmy answer in red",
        "She wrote:\nthis is a story.",
        "收件人: 王\n地址: 北京",
        "a\n---\nb",
        "> only quoted",
        "请报价：\nFrom: Beijing\nTo: Shanghai\nDate: 1 May 2024\nThank you",
        "On 2024-01-02 10:00 the officer wrote:\nBring a form.\nWhich form?",
        "one\n--\nThis is no signature but a long paragraph that somebody wrote below a line.",
        "I wrote to you on Monday and you wrote:\nnothing.",
    ] {
        assert_eq!(parts(body), (body.to_owned(), String::new()));
    }
}

#[test]
fn forwarded_letters_are_whole() {
    let body = "please see\n\n---------- Forwarded message ---------\nFrom: A\nDate: b\nSubject: c\nTo: d\n\ntext";
    assert_eq!(parts(body), (body.to_owned(), String::new()));
    let body = "请看\n-----Original Message-----\nFrom: A\nold";
    for subject in ["Fwd: a", "FW: a", "转发：a", "转发: a"] {
        assert_eq!(split(&plain_lines(body), subject).text, body, "{subject}");
    }
    assert_eq!(split(&plain_lines(body), "Re: Fwd: a").text, "请看");
}

proptest! {
    /// No line of a body is lost or doubled, whatever the order of its parts.
    #[test]
    fn every_line_is_in_the_text_or_in_the_rest(pieces in proptest::collection::vec(0..LINES.len(), 0..40)) {
        let body: Vec<String> = pieces
            .iter()
            .enumerate()
            .map(|(n, piece)| LINES[*piece].replace('#', &n.to_string()))
            .collect();
        let split = split(&plain_lines(&body.join("\n")), "");
        let mut found: Vec<&str> =
            split.text.lines().chain(split.rest.lines()).filter(|line| !line.is_empty()).collect();
        let mut expected: Vec<&str> =
            body.iter().flat_map(|piece| piece.lines()).map(str::trim_end).filter(|line| !line.is_empty()).collect();
        found.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }

    /// Words above everything that programs write are always in the text.
    #[test]
    fn the_first_words_are_in_the_text(pieces in proptest::collection::vec(0..LINES.len(), 0..20)) {
        let rest: Vec<&str> = pieces.iter().map(|piece| LINES[*piece]).collect();
        let split = split(&plain_lines(&format!("the new words\n{}", rest.join("\n"))), "");
        prop_assert!(split.text.starts_with("the new words"), "{}", split.text);
    }
}

const LINES: &[&str] = &[
    "",
    "words #",
    "更多的话 #",
    "> quoted #",
    ">> deep #",
    "-- ",
    "--",
    "发自我的iPhone",
    "Sent from my Phone #",
    "On 2024-01-0# x <a@b.cn> wrote:",
    "在 2024-01-02，x <a@b.cn> 写道：",
    "she wrote:",
    "On #",
    "写道：",
    "-----Original Message-----",
    "------------------ 原始邮件 ------------------",
    "________________________________",
    "From: #",
    "Sent: #",
    "To: #",
    "Subject: #",
    "发件人：#",
    "发送时间：#",
    "主题：#",
    "  indented #",
    "---------- Forwarded message ---------",
    "see below #",
];
