//! Letters that came back without a report in the standard form: Exim, qmail, and the notices of QQ,
//! NetEase, Tencent and Aliyun. They are texts for people, so two signs must agree: who wrote it, and
//! what it says.

use super::address;
use super::header::Head;
use super::ids;
use super::letter::Report;
use super::nature;
use super::part::{Content, Part};
use super::reply::Split;
use super::report::{self, REASON_CHARS_MAX, REPORTS_MAX};
use super::words;

/// The most text that is searched, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// The most returned text that is searched for a `Message-ID`, in bytes.
const RETURNED_BYTES_MAX: usize = 256 * 1024;
const SUBJECTS: &[&str] = &[
    "mail delivery failed",
    "mail delivery system",
    "delivery status notification",
    "undeliverable",
    "undelivered mail",
    "returned mail",
    "failure notice",
    "delivery failure",
    "mail delivery failure",
    "delivery has failed",
    "message delivery delayed",
    "warning: message",
    "delayed mail",
    "退信",
    "系统退信",
    "退信通知",
    "投递失败",
    "邮件投递失败",
    "无法投递",
    "未送达",
    "邮件发送失败",
    "传递失败",
];
const PHRASES: &[&str] = &[
    "could not be delivered",
    "permanent error",
    "permanently failed",
    "wasn't able to deliver",
    "unable to deliver",
    "undeliverable",
    "did not reach",
    "user unknown",
    "no such user",
    "mailbox not found",
    "delivery to the following",
    "has not been delivered",
    "has not yet been delivered",
    "delivery failed",
    "退信",
    "无法投递",
    "投递失败",
    "无法送达",
    "未能送达",
    "发送失败",
    "没有投递成功",
    "被退回",
    "无法发送到",
    "不存在",
    "拒绝接收",
    "拒收",
];
const DELAYS: &[&str] = &[
    "delayed",
    "will be retried",
    "will continue to be attempted",
    "still being retried",
    "no action is required",
    "延迟",
    "将继续尝试",
    "继续重试",
    "暂时无法",
];

/// The reports of a letter that came back; `None` if it did not.
pub(super) fn read(root: &Part, split: &Split) -> Option<Vec<Report>> {
    let head = &root.head;
    let failed = head.first("x-failed-recipients");
    let subject = words::one_line(&head.first("subject").unwrap_or_default(), 200).to_lowercase();
    let has_subject = SUBJECTS.iter().any(|word| subject.contains(word));
    let by_server = nature::is_from_server(head) || nature::has_null_path(head) || is_notice(head);
    if failed.is_none() && !by_server {
        return None;
    }
    let text = format!("{}\n{}", cut(&split.text), cut(&split.rest));
    // A phrase may go over a line's end.
    let lower = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let has_phrase = PHRASES.iter().any(|word| lower.contains(word));
    let is_bounce = failed.is_some() || (by_server && has_subject && has_phrase);
    // Servers whose subject nobody knows still say what happened and to whom.
    let is_bounce =
        is_bounce || (nature::is_from_server(head) && has_phrase && code(&lower).is_some());
    if !is_bounce {
        return None;
    }
    let permanent = !DELAYS.iter().any(|word| subject.contains(word) || lower.contains(word))
        || code(&lower).is_some_and(|(class, _)| class == '5');
    let message_id = returned_id(root, &text);
    let own = head.first("to").map_or(Vec::new(), |to| address::parse(&to));
    let recipients = match &failed {
        Some(failed) => address::parse(failed).into_iter().map(|a| a.address).collect(),
        None => addresses(&text, &|a| own.iter().any(|o| o.is(a)) || is_server_address(a)),
    };
    let about = |recipient: String| {
        let line = reason(&text, &recipient);
        Report {
            message_id: message_id.clone(),
            permanent,
            status: report::status_code(&line)
                .or_else(|| report::status_code(&text))
                .unwrap_or_default(),
            reason: words::one_line(&line, REASON_CHARS_MAX),
            recipient,
        }
    };
    let mut reports: Vec<Report> = recipients.into_iter().take(REPORTS_MAX).map(about).collect();
    if reports.is_empty() {
        reports.push(about(String::new()));
    }
    Some(reports)
}

/// Notices of Chinese providers come from ordinary addresses.
fn is_notice(head: &Head) -> bool {
    let from = head.first("from").unwrap_or_default().to_lowercase();
    ["postmaster", "mailer-daemon", "10000@qq.com", "mailadmin", "maildaemon", "bounce"]
        .iter()
        .any(|sign| from.contains(sign))
}

fn is_server_address(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    matches!(
        local.as_str(),
        "postmaster" | "mailer-daemon" | "abuse" | "support" | "10000" | "mailadmin"
    )
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or(text)
}

/// The addresses above the returned copy. Most notices name one; a copy's own are none of them.
fn addresses(text: &str, is_other: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        let lower = line.to_lowercase();
        let is_copy =
            ["message-id:", "received:", "return-path:", "--- below", "------ this is a copy"]
                .iter()
                .any(|start| lower.trim_start().trim_start_matches("> ").starts_with(start));
        if is_copy {
            break;
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || "@._%+-=".contains(c);
        for word in line.split(|c| !is_word(c)).filter(|word| word.contains('@')) {
            let word = word.trim_matches(['.', '-', '=']);
            let Some(address) = address::clean(word).filter(|a| a.contains('.')) else { continue };
            if !is_other(&address) && !found.contains(&address) && found.len() < REPORTS_MAX {
                found.push(address);
            }
        }
        // Later addresses are those of the servers and of help pages.
        if !found.is_empty() && line.trim().is_empty() {
            break;
        }
    }
    found
}

/// The line that says why: the first with a code, from the recipient's on.
fn reason(text: &str, recipient: &str) -> String {
    let from = text.lines().skip_while(|line| recipient.is_empty() || !line.contains(recipient));
    let with_code = from.chain(text.lines()).take(2_000).find(|line| code(line).is_some());
    let says = |line: &&str| PHRASES.iter().any(|word| line.to_lowercase().contains(word));
    with_code.or_else(|| text.lines().take(2_000).find(says)).unwrap_or_default().trim().to_owned()
}

/// The class and the place of an SMTP reply code (`550`) or an enhanced one.
fn code(line: &str) -> Option<(char, usize)> {
    let bytes = line.as_bytes();
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_digit() || *b == b'.')
    };
    for (at, window) in bytes.windows(3).enumerate() {
        let [class @ (b'4' | b'5'), b'0'..=b'5', b'0'..=b'9'] = window else { continue };
        let before = at.checked_sub(1);
        let is_word = before.and_then(|b| bytes.get(b)).is_some_and(u8::is_ascii_alphanumeric);
        let follows =
            bytes.get(at + 3).is_none_or(|b| matches!(b, b' ' | b'-' | b',' | b':' | b')' | b']'));
        if !is_digit(before) && !is_word && follows {
            return Some((char::from(*class), at));
        }
    }
    let status = report::status_code(line).filter(|status| !status.starts_with('2'))?;
    Some((status.chars().next()?, 0))
}

/// A `Message-ID` anywhere in what came back.
fn returned_id(root: &Part, text: &str) -> Option<String> {
    of_parts(root).or_else(|| id_in(text))
}

fn of_parts(part: &Part) -> Option<String> {
    match &part.content {
        Content::Multipart(parts) => parts.iter().find_map(of_parts),
        Content::Leaf(bytes) if part.media_type == "message/rfc822" => report::id_of(bytes),
        Content::Leaf(bytes) => {
            let window = bytes.get(..RETURNED_BYTES_MAX).unwrap_or(bytes);
            id_in(&String::from_utf8_lossy(window))
        }
    }
}

fn id_in(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        let start = line.get(..11).filter(|start| start.eq_ignore_ascii_case("message-id:"))?;
        ids::parse(line.get(start.len()..)?).into_iter().next()
    })
}
