//! Letters and notices in the random sequences, and what threads promise.

use super::desk::*;
use super::model::Twin;
use super::properties::{differ, told};
use super::server::RedisServer;
use crate::command::{Belongs, Closer};
use crate::reply::{Noticed, Received};
use crate::router::Router;
use domain::{Author, ChannelId, ConversationId, Entry, Notice, State};
use proptest::test_runner::TestCaseError;

fn mailbox() -> ChannelId {
    "mail".parse().unwrap()
}

fn undelivered() -> Notice {
    Notice::Undelivered {
        message: None,
        recipient: "a@b".to_owned(),
        permanent: true,
        reason: "no such \"box\" {}".to_owned(),
        others: Vec::new(),
        unnamed: 0,
    }
}

/// Contact and new conversation; the letter's number and the one that it answers.
pub(super) async fn letter(
    router: &Router,
    twin: &mut Twin,
    (who, new): (u32, u32),
    (message, answers): (u32, u32),
    entry: &Entry,
) -> Result<(), TestCaseError> {
    let (name, asked) = (format!("l{message}"), [format!("l{answers}")]);
    let into = router.threads(&tenant(), &mailbox(), &asked).await.unwrap().pop();
    let known = twin.threads.get(&asked[0]).cloned();
    differ("threads", &into.as_ref().map(ToString::to_string), &known)?;
    let belongs = Belongs::ToThread { into: into.as_ref(), name: Some(&name) };
    let external = format!("mail-{message}");
    let said = (&mailbox(), external.as_str(), message);
    let received = try_receive(router, (who, new), said, entry, belongs).await.unwrap();
    let words = content(message, Author::Contact { id: contact(who) });
    let answer = twin.receive_letter(
        (contact(who).as_str(), known.as_deref(), &name),
        (&external, serde_json::to_value(words).unwrap()),
        conv(new).as_str(),
        entry,
    );
    differ("letter", &told(received), &answer)
}

pub(super) async fn notice(
    router: &Router,
    twin: &mut Twin,
    id: &str,
    name: u32,
) -> Result<(), TestCaseError> {
    let (parsed, name) = (id.parse().unwrap(), format!("n{name}"));
    let noticed = router.append_notice(&tenant(), &parsed, &name, &undelivered()).await.unwrap();
    let real = match noticed {
        Noticed::Appended(seq) => format!("appended {seq}"),
        Noticed::Over(seq) => format!("over {seq}"),
        Noticed::Unknown => "unknown".to_owned(),
    };
    let fields = serde_json::to_value(undelivered()).unwrap();
    differ("notice", &real, &twin.append_notice(id, &name, fields))
}

async fn writes(
    router: &Router,
    m: u32,
    into: Option<&ConversationId>,
    entry: &Entry,
) -> ConversationId {
    let (external, name) = (format!("mail-{m}"), format!("l{m}"));
    let belongs = Belongs::ToThread { into, name: Some(&name) };
    let said = (&mailbox(), external.as_str(), m);
    match try_receive(router, (1, 100 + m), said, entry, belongs).await.unwrap() {
        Received::Appended { conversation, .. } | Received::Duplicate { conversation, .. } => {
            conversation
        }
        Received::QueueFull => panic!("the queue has no bound"),
    }
}

#[tokio::test]
async fn a_letter_that_answers_nothing_opens_a_conversation_and_an_answer_goes_into_it() {
    let server = RedisServer::start();
    let router = server.router().await.at(1_000_000);
    let mut entry = entry("", 1_000_000, 0);
    entry.reopen_ms = 60_000;
    let first = writes(&router, 1, None, &entry).await;
    let second = writes(&router, 2, None, &entry).await;
    assert_ne!(first, second, "two matters of one person");
    assert_eq!(writes(&router, 1, None, &entry).await, first, "the same letter once more");
    let names = ["l2", "nobody", "l1"].map(ToOwned::to_owned);
    assert_eq!(
        router.threads(&tenant(), &mailbox(), &names).await.unwrap(),
        [second, first.clone()]
    );
    assert_eq!(writes(&router, 3, Some(&first), &entry).await, first);

    // Over and archived, but not for long: the answer reopens it.
    router.close(&tenant(), &first, &Closer::System, None).await.unwrap();
    let (over, _) = router.conversation(&tenant(), &first).await.unwrap().unwrap();
    assert!(router.archive(&tenant(), &first, over.last_seq).await.unwrap());
    let later = router.at(1_050_000);
    assert_eq!(writes(&later, 4, Some(&first), &entry).await, first);
    let (again, _) = router.conversation(&tenant(), &first).await.unwrap().unwrap();
    assert_eq!(again.state, State::Queued);
    // Over for long: what answers it is a new matter.
    later.close(&tenant(), &first, &Closer::System, None).await.unwrap();
    let much_later = router.at(2_000_000);
    assert_ne!(writes(&much_later, 5, Some(&first), &entry).await, first);
    let report = router.fsck(&tenant(), false).await.unwrap();
    assert!(report.discrepancies.is_empty(), "{:?}", report.discrepancies);
}
