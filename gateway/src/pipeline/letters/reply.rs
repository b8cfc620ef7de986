//! Whom an answer goes to, under which subject, and after which letters: read from the log, which is
//! the only truth about a correspondence.

use super::LetterError;
use crate::app::App;
use crate::pipeline::log;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::mail::{MAIL_ADDRESSES_MAX, MAIL_SUBJECT_CHARS_MAX};
use domain::{Author, Conversation, MailAddress, MailHead, MailWarning, Message, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// So many letters are named in `References`: the first, and the last ones (RFC 5322, 3.6.4 sets no
/// bound, but servers cut long headers).
const REFERENCES_MAX: usize = 20;
/// The longest address, in bytes (RFC 5321, 4.5.3.1.3, less the brackets).
const ADDRESS_BYTES_MAX: usize = 254;
/// What stands before the subject of an answer, in the languages that we meet.
const PREFIXES: [&str; 8] = ["re:", "re：", "回复:", "回复：", "答复:", "答复：", "aw:", "sv:"];

/// To whom a letter goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Addressees {
    /// To whom; at least one.
    pub to: Vec<MailAddress>,
    /// Who reads along.
    #[serde(default)]
    pub cc: Vec<MailAddress>,
    /// The subject; as it was, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// How a correspondence stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Correspondence {
    /// An answer to the last writer alone.
    pub reply: Addressees,
    /// An answer to everybody whom the last letter names.
    pub reply_all: Addressees,
    /// The letter that is answered, without brackets; empty when it had no id.
    #[serde(skip)]
    pub in_reply_to: Option<String>,
    /// The letters before, the oldest first.
    #[serde(skip)]
    pub references: Vec<String>,
}

/// The correspondence of a conversation; `None` when nobody wrote a letter in it.
pub async fn correspondence(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    own: &[String],
) -> Result<Option<Correspondence>, LetterError> {
    let end = conversation.last_seq.saturating_add(1);
    let log = log::before(app, tenant, &conversation.id, end, PAGE_MESSAGES_MAX).await?;
    Ok(of_log(&log, own))
}

fn of_log(log: &[Message], own: &[String]) -> Option<Correspondence> {
    let letters: Vec<(&Author, &MailHead)> = log
        .iter()
        .filter_map(|message| Some((&message.content.author, message.content.mail.as_deref()?)))
        .collect();
    let theirs: Vec<&MailHead> = letters
        .iter()
        .filter(|(author, _)| matches!(author, Author::Contact { .. }))
        .map(|(_, head)| *head)
        .collect();
    // Programs and forgers are answered only where nobody else wrote.
    let last = theirs.iter().rev().find(|head| is_of_person(head)).or(theirs.last())?;
    let is_ours = |one: &MailAddress| own.iter().any(|own| is_own(one, own));
    let asked = last.reply_to.as_ref().filter(|one| !is_ours(one));
    let writer = asked.unwrap_or(&last.from);
    if is_ours(writer) {
        return None;
    }
    let subject = subject_of_answer(&last.subject);
    let reply =
        Addressees { to: vec![writer.clone()], cc: Vec::new(), subject: Some(subject.clone()) };
    let mut cc: Vec<MailAddress> = Vec::new();
    for one in last.to.iter().chain(&last.cc) {
        let is_there = cc.iter().any(|known| known.is(&one.address)) || writer.is(&one.address);
        if !is_ours(one) && !is_there && cc.len() < MAIL_ADDRESSES_MAX {
            cc.push(one.clone());
        }
    }
    let reply_all = Addressees { to: vec![writer.clone()], cc, subject: Some(subject) };
    let in_reply_to = Some(last.message_id.clone()).filter(|id| !id.is_empty());
    let ids = letters.iter().map(|(_, head)| &head.message_id).filter(|id| !id.is_empty());
    let mut references: Vec<String> = ids.cloned().collect();
    if references.len() > REFERENCES_MAX {
        let surplus = references.len() - REFERENCES_MAX;
        references.drain(1..=surplus);
    }
    Some(Correspondence { reply, reply_all, in_reply_to, references })
}

/// Did a person write it, as far as the letter says?
fn is_of_person(head: &MailHead) -> bool {
    !head.automatic && !matches!(head.warning, Some(MailWarning::Forged | MailWarning::ClaimsDesk))
}

/// Is it one of our addresses, perhaps with a token behind a plus sign?
fn is_own(one: &MailAddress, own: &str) -> bool {
    if one.is(own) {
        return true;
    }
    let plain = match one.address.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split_once('+').map_or(local, |(before, _)| before);
            format!("{local}@{domain}")
        }
        None => one.address.clone(),
    };
    plain.eq_ignore_ascii_case(own)
}

fn subject_of_answer(subject: &str) -> String {
    let lower = subject.trim_start().to_lowercase();
    if PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        return subject.to_owned();
    }
    let cut: String = subject.chars().take(MAIL_SUBJECT_CHARS_MAX - 4).collect();
    format!("Re: {cut}")
}

/// Every problem of what an agent asked for, each with its path; empty when it may go out.
pub fn problems(asked: &Addressees) -> Vec<(String, &'static str)> {
    let mut problems = Vec::new();
    if asked.to.is_empty() {
        problems.push(("mail.to".to_owned(), "names nobody"));
    }
    if asked.to.len() + asked.cc.len() > MAIL_ADDRESSES_MAX {
        problems.push(("mail.cc".to_owned(), "names too many people: 100 at most"));
    }
    for (name, all) in [("to", &asked.to), ("cc", &asked.cc)] {
        for (place, one) in all.iter().enumerate() {
            if !is_address(&one.address) {
                problems.push((format!("mail.{name}[{place}]"), "is not a mail address"));
            } else if one.name.chars().any(char::is_control) || one.name.len() > 500 {
                problems.push((format!("mail.{name}[{place}]"), "has a name that cannot be"));
            }
        }
    }
    if let Some(subject) = &asked.subject {
        if subject.chars().any(char::is_control) {
            problems.push(("mail.subject".to_owned(), "has control characters"));
        } else if subject.chars().count() > MAIL_SUBJECT_CHARS_MAX {
            problems.push(("mail.subject".to_owned(), "is too long: 500 characters at most"));
        }
    }
    problems
}

/// Can mail go to it? A loose check that lets nothing break out of a header or a command.
pub(in crate::pipeline) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>()[],;:\\\"".contains(c);
    text.len() <= ADDRESS_BYTES_MAX
        && !local.is_empty()
        && local.len() <= 64
        && !local.contains('@')
        && domain.split('.').all(|label| !label.is_empty())
        && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{MessageContent, MessageKind, Timestamp};

    fn address(text: &str) -> MailAddress {
        MailAddress { address: text.to_owned(), name: String::new() }
    }

    fn letter(seq: u64, author: Author, head: MailHead) -> Message {
        let content = MessageContent {
            id: format!("msg_{seq}").parse().unwrap(),
            author,
            kind: MessageKind::Text,
            text: "text".to_owned(),
            files: Vec::new(),
            notice: None,
            client_id: None,
            mail: Some(Box::new(head)),
        };
        Message { seq, at: Timestamp(0), content }
    }

    fn head(id: &str, from: &str, to: &[&str], cc: &[&str]) -> MailHead {
        MailHead {
            subject: "退税".to_owned(),
            from: address(from),
            reply_to: None,
            to: to.iter().map(|one| address(one)).collect(),
            cc: cc.iter().map(|one| address(one)).collect(),
            message_id: id.to_owned(),
            trust: domain::MailTrust::default(),
            warning: None,
            automatic: false,
            important: false,
            has_html: false,
            has_rest: false,
            is_cut: false,
            original: None,
        }
    }

    #[test]
    fn an_answer_goes_to_the_writer_and_an_answer_to_all_leaves_the_desk_out() {
        let them = Author::Contact { id: "ctc_1".parse().unwrap() };
        let us = Author::Agent { id: "li".parse().unwrap() };
        let own = ["help@city.example".to_owned()];
        assert_eq!(of_log(&[], &own), None);
        let first = head(
            "1@a.example",
            "wang@a.example",
            &["HELP+x1@city.example", "zhao@a.example"],
            &["Wang@A.example", "qian@b.example", "zhao@a.example"],
        );
        let log = [
            letter(1, them, first),
            letter(2, us, head("2@city.example", "help@city.example", &["wang@a.example"], &[])),
        ];
        let found = of_log(&log, &own).unwrap();
        let texts = |all: &[MailAddress]| -> Vec<String> {
            all.iter().map(|one| one.address.clone()).collect()
        };
        assert_eq!(texts(&found.reply.to), ["wang@a.example"]);
        assert!(found.reply.cc.is_empty());
        assert_eq!(found.reply.subject.as_deref(), Some("Re: 退税"));
        assert_eq!(texts(&found.reply_all.cc), ["zhao@a.example", "qian@b.example"]);
        assert_eq!(found.in_reply_to.as_deref(), Some("1@a.example"));
        assert_eq!(found.references, ["1@a.example", "2@city.example"]);
    }

    #[test]
    fn programs_forgers_and_the_desk_itself_are_not_answered_in_a_persons_place() {
        let them = Author::Contact { id: "ctc_1".parse().unwrap() };
        let own = ["help@city.example".to_owned()];
        let wang = head("1@a", "wang@a.example", &["help@city.example"], &[]);
        let away = MailHead { automatic: true, ..head("2@a", "zhao@a.example", &[], &[]) };
        let forged = MailHead {
            warning: Some(MailWarning::Forged),
            reply_to: Some(address("evil@evil.example")),
            ..head("3@a", "wang@a.example", &[], &[])
        };
        let log = [
            letter(1, them.clone(), wang.clone()),
            letter(2, them.clone(), away.clone()),
            letter(3, them.clone(), forged),
        ];
        let to = |log: &[Message]| of_log(log, &own).map(|found| found.reply.to[0].address.clone());
        assert_eq!(to(&log).as_deref(), Some("wang@a.example"));
        assert_eq!(to(&[letter(1, them.clone(), away)]).as_deref(), Some("zhao@a.example"));
        let form = MailHead { reply_to: Some(address("help+x@city.example")), ..wang };
        assert_eq!(to(&[letter(1, them.clone(), form)]).as_deref(), Some("wang@a.example"));
        let ours = head("4@a", "help@city.example", &[], &[]);
        assert_eq!(to(&[letter(1, them, ours)]), None, "nobody is there to answer");
    }

    #[test]
    fn a_subject_is_not_answered_twice_and_references_stay_short() {
        for known in ["Re: x", "RE: x", "回复：x", " 答复: x"] {
            assert_eq!(subject_of_answer(known), known);
        }
        assert_eq!(subject_of_answer("request"), "Re: request");
        let them = Author::Contact { id: "ctc_1".parse().unwrap() };
        let log: Vec<Message> = (0..50)
            .map(|n| letter(n + 1, them.clone(), head(&format!("{n}@a"), "w@a.example", &[], &[])))
            .collect();
        let found = of_log(&log, &[]).unwrap();
        assert_eq!(found.references.len(), REFERENCES_MAX);
        assert_eq!(found.references.first().map(String::as_str), Some("0@a"));
        assert_eq!(found.references.last().map(String::as_str), Some("49@a"));
    }

    #[test]
    fn what_would_break_a_header_is_refused() {
        let asked = |to: &str, subject: &str| Addressees {
            to: vec![address(to)],
            cc: Vec::new(),
            subject: Some(subject.to_owned()),
        };
        assert!(problems(&asked("wang@a.example", "好")).is_empty());
        assert!(problems(&asked("王@例子.example", "好")).is_empty());
        for bad in ["", "wang", "@a", "a@", "a@b\r\nBcc: x@y", "a b@c", "<a@b>", "a@b,c@d", "a@.b"]
        {
            assert_eq!(problems(&asked(bad, "x")).len(), 1, "{bad}");
        }
        assert_eq!(problems(&asked("a@b.c", "x\r\nBcc: y@z")).len(), 1);
        assert_eq!(problems(&Addressees::default()).len(), 1);
    }
}
