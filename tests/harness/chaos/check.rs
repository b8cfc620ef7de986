//! After a round: is everything that was acknowledged there, once, in order, and told onwards?
//!
//! Each check waits, bounded, until the house has settled; what is compared then is a pure function,
//! so that a made-up history can show that it finds what it is for.

mod audit;
mod log;
mod webhook;

pub use audit::audit;
pub(super) use webhook::WANTED;
pub use webhook::webhooks;

use super::agents::Word;
use super::replay::Commit;
use super::visitors::Visit;
use crate::api::Api;
use crate::house::House;
use crate::pace::pause;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// A conversation that is not closed so long after everybody left is stuck.
const CLOSED_WITHIN: Duration = Duration::from_secs(30);
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY_MS: u64 = 40;

/// Looks until something is found, and gives what was missing otherwise.
async fn settles<T>(
    within: Duration,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, String> {
    let until = Instant::now() + within;
    loop {
        match look().await {
            Err(_) if Instant::now() < until => pause(LOOK_EVERY_MS).await,
            answer => return answer,
        }
    }
}

/// Compares what was acknowledged with the logs (I1, I4, I5, I10).
pub async fn words(
    supervisor: &Api,
    visits: &[Visit],
    replies: &[Word],
    violations: &mut Vec<String>,
) {
    for visit in visits {
        violations.extend(visit.violations.iter().cloned());
        let conversations: BTreeSet<&str> =
            visit.acked.iter().map(|(_, acked)| acked.conversation.as_str()).collect();
        if conversations.len() > 1 {
            violations
                .push(format!("I4 {} had several conversations: {conversations:?}", visit.name));
        }
        let Some(conversation) = conversations.first() else { continue };
        match settles(CLOSED_WITHIN, async || closed_log(supervisor, conversation).await).await {
            Ok(log) => violations.extend(log::compare(conversation, visit, replies, &log)),
            Err(state) => violations.push(format!("I10 {conversation} is stuck: {state}")),
        }
    }
}

async fn closed_log(supervisor: &Api, conversation: &str) -> Result<Vec<Value>, String> {
    let get = async |path: String| {
        let answer = supervisor.try_call(reqwest::Method::GET, &path, None, &[]).await;
        match answer {
            Ok(answer) if answer.status == 200 => Ok(answer.body),
            other => Err(format!("{other:?}")),
        }
    };
    let found = get(format!("/v1/conversations/{conversation}")).await?;
    if found["state"] != "closed" {
        return Err(found.to_string());
    }
    let path = format!("/v1/conversations/{conversation}/messages?after_seq=0&limit=200");
    let page = get(path).await?;
    Ok(page["messages"].as_array().cloned().unwrap_or_default())
}

/// Does every index agree with its conversations (I6)? A busy machine may have to be asked again.
pub async fn indexes(house: &House, violations: &mut Vec<String>) {
    let fsck = async || match house.fsck() {
        Err(found) if found.contains("unavailable") => Err(found),
        other => Ok(other),
    };
    if let Err(found) | Ok(Err(found)) = settles(ANSWERS_WITHIN, fsck).await {
        violations.push(format!("I6 fsck: {found}"));
    }
}

/// What the people of a round said at least: a silent house keeps every promise, and proves none.
pub fn floor(visits: &[Visit], replies: &[Word], words_each: usize) -> Vec<String> {
    let heard: usize = visits.iter().map(|visit| visit.acked.len()).sum();
    let mut found = Vec::new();
    if heard < visits.len() * words_each {
        found.push(format!("visitors had {heard} words acknowledged, not {words_each} each"));
    }
    if replies.is_empty() {
        found.push(format!("agents had no word acknowledged, for {} visitors", visits.len()));
    }
    found
}

/// An event's place among all: its commit's two numbers, and its place in the commit.
type Place = (u64, u64, u64);

/// `<ms>-<n>.<place>` as numbers, since texts would not sort.
fn place(id: &str) -> Option<Place> {
    let (cursor, of_commit) = id.split_once('.')?;
    let (ms, n) = cursor.split_once('-')?;
    Some((ms.parse().ok()?, n.parse().ok()?, of_commit.parse().ok()?))
}

/// Every event of the commits under its id.
fn events(commits: &[Commit]) -> impl Iterator<Item = (String, &Value)> {
    commits.iter().flat_map(|commit| {
        let numbered = commit.events.iter().enumerate();
        numbered.map(|(n, event)| (format!("{}.{n}", commit.cursor), event))
    })
}

fn kind(event: &Value) -> &str {
    event["type"].as_str().unwrap_or("")
}

#[cfg(test)]
mod tests;
