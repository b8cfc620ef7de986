//! The lines that mail programs put before what they quote, and below what people write.

use super::Line;

/// The longest line that can be such a mark, in bytes.
const MARK_BYTES_MAX: usize = 600;
/// An attribution goes over at most so many lines.
const ATTRIBUTION_LINES_MAX: usize = 3;
/// Lines of a head that are looked at.
const HEAD_LINES_MAX: usize = 12;
/// So many fields below the first make a head.
const HEAD_FIELDS_MIN: usize = 2;
/// What rules are drawn with, and so many of them at least.
const RULES: &[char] = &['-', '_', '=', '—', '－', '─', '|', '>'];
const RULES_MIN: usize = 3;
/// So many digits make a date.
const DATE_DIGITS_MIN: usize = 4;

const ORIGINAL: &[&str] = &[
    "original message",
    "original appointment",
    "原始邮件",
    "原邮件",
    "原始郵件",
    "原始信件",
    "原始消息",
    "回复的原邮件",
    "回复邮件",
    "回复原邮件",
    "this is a copy of the message, including all the headers.",
    "this is a copy of your message, including all the headers.",
    "below this line is a copy of the message.",
    "original message headers",
];
const FORWARDED: &[&str] = &[
    "forwarded message",
    "begin forwarded message:",
    "forwarded by",
    "转发的邮件",
    "转发邮件",
    "转发邮件信息",
    "转发的原邮件",
    "已转发的邮件",
    "开始转发的邮件：",
    "开始转发的邮件:",
    "轉寄郵件",
    "转发信息",
    "以下是转发的邮件：",
    "以下是转发的邮件:",
    "下面是被转发的邮件：",
    "下面是被转发的邮件:",
];
const FROM: &[&str] = &["from", "发件人", "寄件者", "寄件人", "發件人", "发信人"];
const FIELDS: &[&str] = &[
    "sent",
    "date",
    "to",
    "cc",
    "subject",
    "reply-to",
    "sent time",
    "发送时间",
    "发送日期",
    "日期",
    "时间",
    "收件人",
    "抄送",
    "抄送人",
    "主题",
    "寄件日期",
    "收件者",
    "主旨",
    "副本",
    "傳送時間",
    "发件时间",
    "收信人",
    "标题",
    "傳送日期",
];
const SUBJECTS: &[&str] = &["subject", "主题", "主旨", "标题"];
const STARTS: &[&str] = &["on ", "at ", "在", "于", "於"];
const MOBILE: &[&str] = &[
    "sent from my ",
    "sent from mail for ",
    "sent from outlook",
    "get outlook for ",
    "sent from yahoo mail",
    "发自我的",
    "發自我的",
    "来自我的iphone",
    "来自我的 iphone",
    "来自我的ipad",
    "来自我的华为",
    "来自我的手机",
    "发自qq邮箱",
    "来自qq邮箱",
    "获取 outlook for",
    "获取outlook for",
    "发自outlook",
    "从 windows 版邮件发送",
    "发送自 windows",
    "发自网易邮箱",
    "来自网易",
    "发自 foxmail",
    "发自新浪邮箱",
    "发自 windows",
    "发送自 outlook",
];
const BELOW: &[&str] = &[
    "inline",
    "see below",
    "my answers below",
    "comments below",
    "below in red",
    "in red below",
    "replies below",
    "answered below",
    "responses below",
    "见下文",
    "见下方",
    "红字",
    "红色字",
    "蓝字",
    "在下面回复",
    "在下方回复",
    "逐条回复",
    "文中回复",
    "原文中",
    "下面原文",
];

/// What stands at a line.
pub(super) enum Mark {
    /// The letter that is answered begins here.
    Original,
    /// A letter that is passed on begins here.
    Forwarded,
    /// "… wrote:".
    Attribution {
        /// Over so many lines.
        lines: usize,
        /// It names a time and an address, so that no person wrote it as part of a sentence.
        sure: bool,
    },
}

/// What stands at the first of these lines.
pub(super) fn at(lines: &[Line]) -> Option<Mark> {
    if !may_be_mark(lines) {
        return None;
    }
    let first = flat(&lines.first()?.text)?;
    if first.is_empty() {
        return None;
    }
    if let Some(mark) = ruled(&first) {
        return Some(mark);
    }
    if is_long_rule(&first) {
        let next = lines.iter().skip(1).take(3).position(|line| !line.text.trim().is_empty())?;
        return is_head(lines.get(next + 1..)?).then_some(Mark::Original);
    }
    if is_head(lines) {
        return Some(Mark::Original);
    }
    attribution(lines, &first)
}

/// Does a colon stand there, or a rule? Every mark has one or the other, and most lines have neither: this
/// costs much less than the comparisons.
fn may_be_mark(lines: &[Line]) -> bool {
    let has_colon = |line: &Line| line.text.contains(':') || line.text.contains('：');
    let rules = |line: &Line| line.text.matches(RULES).take(RULES_MIN).count() == RULES_MIN;
    lines.iter().take(ATTRIBUTION_LINES_MAX).any(has_colon) || lines.first().is_some_and(rules)
}

/// A line as marks are compared: unbreakable spaces as spaces, stars of bold text left out, in lower
/// case; `None` for a line too long to be one.
fn flat(line: &str) -> Option<String> {
    let line = line.trim();
    (line.len() <= MARK_BYTES_MAX).then(|| {
        let plain = line.chars().filter(|c| *c != '*');
        let plain = plain.map(|c| if matches!(c, '\u{a0}' | '\u{3000}') { ' ' } else { c });
        plain.collect::<String>().trim().to_lowercase()
    })
}

/// `----- 原始邮件 -----` and its like. A line without a rule counts only where it is a sentence that
/// programs write.
fn ruled(line: &str) -> Option<Mark> {
    let is_rule = |c: char| c == ' ' || RULES.contains(&c);
    let inner = line.trim_matches(is_rule);
    let rules = line.chars().count() - inner.chars().count();
    let rules = line.chars().filter(|c| is_rule(*c) && *c != ' ').count().min(rules);
    if FORWARDED.contains(&inner) && (rules >= 4 || inner.ends_with([':', '：'])) {
        return Some(Mark::Forwarded);
    }
    (ORIGINAL.contains(&inner) && rules >= RULES_MIN).then_some(Mark::Original)
}

/// The rule that Outlook draws above a head.
fn is_long_rule(line: &str) -> bool {
    line.len() >= 10 && line.chars().all(|c| matches!(c, '_' | '-' | '—' | '─'))
}

/// `From:` with at least two other fields below it, one of them the subject, or with an address: people
/// write `From: Beijing, To: Shanghai` too.
fn is_head(lines: &[Line]) -> bool {
    let labels = |line: &Line| flat(&line.text).map_or(Vec::new(), |line| fields(&line));
    let Some(first) = lines.first() else { return false };
    let of_first = labels(first);
    if !of_first.first().is_some_and(|label| FROM.contains(&label.as_str())) {
        return false;
    }
    let below =
        lines.iter().skip(1).take(HEAD_LINES_MAX).filter_map(|l| labels(l).into_iter().next());
    let found: Vec<String> = of_first
        .iter()
        .skip(1)
        .cloned()
        .chain(below)
        .filter(|label| FIELDS.contains(&label.as_str()))
        .collect();
    let has_subject = found.iter().any(|label| SUBJECTS.contains(&label.as_str()));
    found.len() >= HEAD_FIELDS_MIN && (has_subject || first.text.contains('@'))
}

/// The label of a line such as `主 题：…`; all of them where a program puts them in one line.
fn fields(line: &str) -> Vec<String> {
    let label = |text: &str| -> Option<String> {
        let (label, _) = text.split_once([':', '：'])?;
        let label: String =
            label.trim().chars().filter(|c| *c != ' ' || label.is_ascii()).collect();
        Some(label.trim_start_matches(['"', '“', ' ']).to_owned())
    };
    line.split([';', '；']).take(8).filter_map(label).collect()
}

fn attribution(lines: &[Line], first: &str) -> Option<Mark> {
    let starts = STARTS.iter().any(|start| first.starts_with(start));
    let mut joined = String::new();
    for (n, line) in lines.iter().take(ATTRIBUTION_LINES_MAX).enumerate() {
        let line = flat(&line.text)?;
        if line.is_empty() || line.starts_with('>') {
            return None;
        }
        joined.push_str(&line);
        if joined.len() > MARK_BYTES_MAX {
            return None;
        }
        if ends_with_wrote(&line) {
            let digits = joined.chars().filter(char::is_ascii_digit).count();
            let dated = digits >= DATE_DIGITS_MIN;
            if n > 0 && !goes_over(first, starts, &line) {
                return None;
            }
            return Some(Mark::Attribution { lines: n + 1, sure: dated && joined.contains('@') });
        }
        joined.push(' ');
    }
    None
}

/// Do several lines make one attribution? Only if the first begins like one, and the last is none by
/// itself; else the first is what the person wrote.
fn goes_over(first: &str, starts: bool, last: &str) -> bool {
    let is_dated =
        |text: &str| text.chars().filter(char::is_ascii_digit).count() >= DATE_DIGITS_MIN;
    let continues = last.starts_with(['于', '於']) && first.ends_with('>');
    let is_whole =
        is_dated(last) && (last.contains('@') || STARTS.iter().any(|s| last.starts_with(s)));
    (starts || first.contains('@')) && (continues || !is_whole)
}

fn ends_with_wrote(line: &str) -> bool {
    const ENDS: &[&str] = &[
        "wrote:",
        "wrote：",
        "写道：",
        "写道:",
        "寫道：",
        "寫道:",
        "写到：",
        "写到:",
        "编写：",
        "撰写：",
    ];
    ENDS.iter().any(|end| line.ends_with(end))
}

/// Does a line end as attributions do?
pub(in crate::email) fn ends_attribution(line: &str) -> bool {
    flat(line).is_some_and(|line| ends_with_wrote(&line))
}

/// The delimiter of signatures (RFC 3676, section 4.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// With its space.
    Whole,
    /// Where the space was lost on the way, or a person drew a line.
    Bare,
}

/// Is a line a delimiter?
pub(super) fn delimiter(line: &str) -> Option<Delimiter> {
    match line {
        "-- " | "--\u{a0}" => Some(Delimiter::Whole),
        "--" => Some(Delimiter::Bare),
        _ => None,
    }
}

/// The line that telephones and programs put below.
pub(super) fn is_mobile_signature(line: &str) -> bool {
    line.chars().count() <= 60
        && flat(line).is_some_and(|line| MOBILE.iter().any(|mark| line.starts_with(mark)))
}

/// Does the writer say that the answers are within what is quoted?
pub(super) fn points_below(line: &str) -> bool {
    flat(line).is_some_and(|line| BELOW.iter().any(|mark| line.contains(mark)))
}

/// `Fwd:` and its like at the beginning.
pub(super) fn is_forward_subject(subject: &str) -> bool {
    let subject = subject.trim_start().to_lowercase();
    const PREFIXES: &[&str] =
        &["fwd:", "fw:", "fwd：", "fw：", "转发:", "转发：", "轉寄:", "轉寄：", "转寄:", "转寄："];
    PREFIXES.iter().any(|prefix| subject.starts_with(prefix))
}
