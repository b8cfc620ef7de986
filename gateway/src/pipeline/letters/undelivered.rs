//! Letters of ours that did not reach everybody: what the agent is told of it.

use super::LetterError;
use crate::app::App;
use crate::pipeline::inbound;
use channels::Missed;
use domain::{
    Author, ConversationId, MessageContent, MessageId, MessageKind, Notice, TenantId,
    UNREACHED_OTHERS_MAX, Unreached,
};
use routing::reply::Noticed;

/// The longest reason for the first recipient, in characters.
const REASON_CHARS_MAX: usize = 300;
/// The longest reason for each of the others, in characters.
const OTHER_REASON_CHARS_MAX: usize = 100;
/// The longest address that is told, in characters (RFC 5321, 4.5.3.1.3).
const ADDRESS_CHARS_MAX: usize = 256;

/// Is it over, or is it still being tried?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Failure {
    /// It is over.
    ForGood,
    /// It is still being tried.
    Late,
}

/// One notice for everybody whom one letter does not reach; `None` when it reaches all.
pub(in crate::pipeline) fn notice(
    message: Option<MessageId>,
    failure: Failure,
    missed: Vec<Missed>,
) -> Option<Notice> {
    let mut missed = missed.into_iter();
    let first = unreached(missed.next()?, REASON_CHARS_MAX);
    let named = missed.by_ref().take(UNREACHED_OTHERS_MAX);
    let others = named.map(|one| unreached(one, OTHER_REASON_CHARS_MAX)).collect();
    Some(Notice::Undelivered {
        message,
        recipient: first.recipient,
        permanent: failure == Failure::ForGood,
        reason: first.reason,
        others,
        unnamed: u32::try_from(missed.count()).unwrap_or(u32::MAX),
    })
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Told {
    /// In a conversation that somebody works on, or will.
    Open,
    /// In the log of one that is over: nobody is called by it.
    Over,
    /// Nowhere: nobody knows the conversation.
    Nowhere,
}

/// Writes a notice into its conversation's log, wherever that lies, once under its name.
///
/// # Errors
/// [`LetterError`] when the outcome is unknown; repeating is safe.
pub(in crate::pipeline) async fn tell(
    app: &App,
    tenant: &TenantId,
    conversation: &ConversationId,
    name: &str,
    notice: &Notice,
) -> Result<Told, LetterError> {
    match app.router.append_notice(tenant, conversation, name, notice).await? {
        Noticed::Appended(_) => return Ok(Told::Open),
        Noticed::Over(_) => return Ok(Told::Over),
        Noticed::Unknown => {}
    }
    let content = MessageContent {
        id: inbound::message_id(&[tenant.as_str(), conversation.as_str(), name]),
        author: Author::System,
        kind: MessageKind::Notice,
        text: String::new(),
        files: Vec::new(),
        notice: Some(notice.clone()),
        client_id: None,
        mail: None,
    };
    let history = app.records.history();
    let place = history.append(tenant, conversation, &content, app.clock.now()).await?;
    Ok(place.map_or(Told::Nowhere, |_seq| Told::Over))
}

fn unreached(missed: Missed, reason_chars_max: usize) -> Unreached {
    Unreached {
        recipient: missed.recipient.chars().take(ADDRESS_CHARS_MAX).collect(),
        reason: missed.reason.chars().take(reason_chars_max).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(count: usize) -> Vec<Missed> {
        let one = |n| Missed { recipient: format!("r{n}@a.cn"), reason: "因".repeat(1_000) };
        (0..count).map(one).collect()
    }

    #[test]
    fn everybody_is_counted_and_as_many_named_as_fit() {
        assert_eq!(notice(None, Failure::ForGood, Vec::new()), None);
        let Some(Notice::Undelivered { recipient, permanent, reason, others, unnamed, .. }) =
            notice(None, Failure::Late, missed(30))
        else {
            panic!("no notice")
        };
        assert_eq!(
            (recipient.as_str(), permanent, reason.chars().count()),
            ("r0@a.cn", false, 300)
        );
        assert_eq!((others.len(), unnamed), (20, 9));
        assert_eq!(others[0].recipient, "r1@a.cn");
        let whole = notice(None, Failure::ForGood, missed(1_000)).unwrap();
        assert!(serde_json::to_string(&whole).unwrap().len() < 16 * 1024);
    }
}
