//! Writes every state change into the audit trail, from the same stream that sockets read, and then
//! lets the stream forget what the records hold.

use super::commits::{self, Next};
use super::duty::{DutyWork, Passed};
use crate::app::App;
use crate::hub::Batch;
use domain::{Event, TenantId, Timestamp};
use futures_util::FutureExt;
use records::audit::{AuditEntry, CommitsAppended};
use routing::router::Trimmed;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

const READER: &str = "stream";
/// How many commits one pass reads.
const COMMITS_AT_ONCE: usize = 512;
/// So many commits stay in Redis for sockets that resume.
const COMMITS_KEPT: u64 = 10_000;
/// So many commits stay at the most, also when a duty has not read them: Redis's memory is bounded.
const COMMITS_MAX: u64 = 200_000;

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: "audit",
        pause: Duration::from_secs(1),
        pass: |app, tenant, _, note| pass(app, tenant, note).boxed(),
    }
    .spawn(app);
}

async fn pass(app: &App, tenant: &TenantId, done: &mut String) -> Passed {
    if done.is_empty() {
        *done =
            app.records.audit().cursor(tenant, READER).await?.unwrap_or_else(|| "0-0".to_owned());
    }
    if app.hub.desk(tenant).position().is_some_and(|(_, newest)| *newest == **done) {
        return Ok(false);
    }
    let commits = match commits::after(app, tenant, done, COMMITS_AT_ONCE).await? {
        Next::Commits(commits) => commits,
        Next::Lost => return note_gap(app, tenant, done).await,
    };
    let Some(last) = commits.last() else { return Ok(false) };
    let cursor = last.cursor.to_string();
    let entries: Vec<AuditEntry> = commits.iter().flat_map(entries_of).collect();
    // The records' own cursor fences: two writers cannot store the same stretch twice, nor parts of it.
    let audit = app.records.audit();
    if let CommitsAppended::Elsewhere { cursor: stored } =
        audit.append_commits(tenant, READER, (done, &cursor), &entries).await?
    {
        *done = stored;
        return Ok(true);
    }
    let trimmed = app.router.trim_events(tenant, &cursor, COMMITS_KEPT, COMMITS_MAX).await?;
    if let Trimmed::Unread(count) = trimmed {
        crate::metrics::commits_cut(count);
        tracing::error!(tenant.id = %tenant, count, "the stream was cut before every duty had read it: more than {COMMITS_MAX} commits waited");
    }
    *done = cursor;
    Ok(commits.len() == COMMITS_AT_ONCE)
}

/// Redis has another history, or forgot a part before it was read: the trail says so, and goes on
/// with what there is.
async fn note_gap(app: &App, tenant: &TenantId, done: &mut String) -> Passed {
    tracing::error!(tenant.id = %tenant, "commits were lost before they reached the audit trail");
    let newest = app.router.newest_cursor(tenant).await?;
    let gap = AuditEntry {
        at: app.clock.now(),
        actor: "system".to_owned(),
        action: "events_lost".to_owned(),
        object: String::new(),
        details: serde_json::json!({"after": &*done, "before": newest}),
    };
    let audit = app.records.audit();
    *done = match audit.append_commits(tenant, READER, (done, &newest), &[gap]).await? {
        CommitsAppended::Stored => newest,
        CommitsAppended::Elsewhere { cursor } => cursor,
    };
    Ok(false)
}

/// The rows of one commit. Signs without weight for the trail (who has what, and has read it) are
/// left out.
fn entries_of(commit: &Batch) -> Vec<AuditEntry> {
    let at = commit.cursor.split('-').next().and_then(|ms| ms.parse().ok()).unwrap_or(0);
    let weighty =
        |event: &&Event| !matches!(event, Event::ReadMarked { .. } | Event::ReceivedMarked { .. });
    commit.events().filter(weighty).map(|event| entry_of(event, Timestamp(at))).collect()
}

fn entry_of(event: &Event, at: Timestamp) -> AuditEntry {
    AuditEntry {
        at,
        actor: actor(event),
        action: event.name().to_owned(),
        object: event.conversation().map_or_else(String::new, |id| format!("conversation:{id}")),
        details: details(event),
    }
}

fn actor(event: &Event) -> String {
    use domain::Author;
    match event {
        Event::MessageAppended { message, .. } => match &message.content.author {
            Author::Contact { id } => format!("contact:{id}"),
            Author::Agent { id } => format!("agent:{id}"),
            Author::System => "system".to_owned(),
        },
        Event::OfferDeclined { agent, .. } | Event::WrapUpEnded { agent, .. } => {
            format!("agent:{agent}")
        }
        Event::ConversationAssigned { agent, how, .. } if how == "accepted" => {
            format!("agent:{agent}")
        }
        Event::PresenceChanged { agent, reason, .. } if reason == "agent" => {
            format!("agent:{agent}")
        }
        Event::ConversationOpened { contact, .. } | Event::ConversationReopened { contact, .. } => {
            format!("contact:{contact}")
        }
        Event::ConversationClosed { by, agent: Some(agent), .. } if by == "agent" => {
            format!("agent:{agent}")
        }
        Event::ConversationClosed { by, contact, .. } if by == "contact" => {
            format!("contact:{contact}")
        }
        _ => "system".to_owned(),
    }
}

/// The event's fields without what a person said, and without secrets.
fn details(event: &Event) -> Value {
    let mut fields = match serde_json::to_value(event) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    fields.remove("type");
    fields.remove("conversation");
    fields.remove("token");
    fields.remove("why");
    if let Some(Value::Object(message)) = fields.get_mut("message") {
        message.remove("text");
        message.remove("files");
        message.remove("client_id");
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Author, Commit, Message, MessageContent, MessageKind};

    #[test]
    fn the_trail_holds_no_words_and_no_tokens() {
        let message = Message {
            seq: 3,
            at: Timestamp(9),
            content: MessageContent {
                id: "msg_1".parse().unwrap(),
                author: Author::Contact { id: "ctc_1".parse().unwrap() },
                kind: MessageKind::Text,
                text: "secret words".to_owned(),
                files: Vec::new(),
                notice: None,
                client_id: Some("c1".to_owned()),
                mail: None,
            },
        };
        let events = vec![
            Event::MessageAppended {
                conversation: "conv_1".parse().unwrap(),
                contact: "ctc_1".parse().unwrap(),
                agent: None,
                message,
            },
            Event::OfferMade {
                conversation: "conv_1".parse().unwrap(),
                contact: "ctc_1".parse().unwrap(),
                agent: "li".parse().unwrap(),
                token: "ofr_secret".parse().unwrap(),
                deadline: Timestamp(10),
                why: Value::Null,
            },
        ];
        let rows =
            entries_of(&Batch::new(Commit { cursor: "17-4".to_owned(), events }, &"17-3".into()));
        let text = format!("{rows:?}");
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(
            rows.first().map(|row| (row.at, row.actor.as_str())),
            Some((Timestamp(17), "contact:ctc_1"))
        );
        assert_eq!(rows.last().map(|row| row.object.as_str()), Some("conversation:conv_1"));
    }
}
