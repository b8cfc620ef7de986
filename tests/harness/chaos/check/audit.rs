//! The audit trail against the stream: each state change has its row, once, in order, and the chain
//! of hashes is whole (I17).

use super::{kind, settles};
use crate::chaos::replay::Commit;
use domain::TenantId;
use records::Records;
use records::audit::{AuditRow, Verified};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// The duty's owner may have to be given up first.
const WRITTEN_WITHIN: Duration = Duration::from_secs(40);
const PAGE: u32 = 200;
/// Signs of receiving and reading have no weight for the trail.
const SIGNS: [&str; 2] = ["read_marked", "received_marked"];

/// When, what, to which object.
type Line = (i64, String, String);

/// Waits until the trail has every commit of a round, and compares. Gives the place of the last row.
pub async fn audit(
    records: &Records,
    tenant: &TenantId,
    commits: &[Commit],
    after: u64,
    violations: &mut Vec<String>,
) -> u64 {
    let wanted: Vec<Line> = commits.iter().flat_map(lines_of).collect();
    let written = async || {
        let rows = rows_after(records, tenant, after).await?;
        let there: BTreeSet<Line> = rows.iter().map(line_of).collect();
        let missing: Vec<&Line> = wanted.iter().filter(|line| !there.contains(*line)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?}")) }
    };
    if let Err(missing) = settles(WRITTEN_WITHIN, written).await {
        violations.push(format!("I17 not in the trail: {missing}"));
    }
    // The crew works on, so the trail may be farther than these commits by now.
    let last = commits.last().map_or(0, Commit::at);
    let rows = rows_after(records, tenant, after).await.unwrap_or_default();
    let rows = rows.into_iter().filter(is_of_stream);
    let mut of_round: Vec<AuditRow> = rows.filter(|row| row.entry.at.0 <= last).collect();
    while of_round.len() > wanted.len() && of_round.last().is_some_and(|row| row.entry.at.0 == last)
    {
        of_round.pop();
    }
    let lines: Vec<Line> = of_round.iter().map(line_of).collect();
    violations.extend(compare(&lines, &wanted));
    match records.audit().verify(tenant).await {
        Ok(Verified::Intact { .. }) => {}
        other => violations.push(format!("I17 the chain of the trail: {other:?}")),
    }
    of_round.iter().map(|row| row.n).max().unwrap_or(after)
}

/// Rows of what happens outside the stream (sign-ins, settings, who assigned by hand) say no more
/// than who did what; those of the stream have the event's other fields.
fn is_of_stream(row: &AuditRow) -> bool {
    row.entry.details.as_object().is_some_and(|fields| !fields.is_empty())
}

fn lines_of(commit: &Commit) -> Vec<Line> {
    let weighty = commit.events.iter().filter(|event| !SIGNS.contains(&kind(event)));
    weighty.map(|event| (commit.at(), kind(event).to_owned(), object(event))).collect()
}

fn object(event: &Value) -> String {
    let conversation = event["conversation"].as_str();
    conversation.map_or_else(String::new, |id| format!("conversation:{id}"))
}

fn line_of(row: &AuditRow) -> Line {
    (row.entry.at.0, row.entry.action.clone(), row.entry.object.clone())
}

/// Rows after a place, in order.
async fn rows_after(
    records: &Records,
    tenant: &TenantId,
    after: u64,
) -> Result<Vec<AuditRow>, String> {
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let page = records.audit().list(tenant, before, PAGE, None).await;
        let page = page.map_err(|error| error.to_string())?;
        let is_last = page.len() < PAGE as usize || page.iter().any(|row| row.n <= after);
        before = page.last().map(|row| row.n);
        rows.extend(page.into_iter().filter(|row| row.n > after));
        if is_last {
            rows.reverse();
            return Ok(rows);
        }
    }
}

/// Everything that the trail lacks, has too much, or has in another order than it happened.
pub(super) fn compare(told: &[Line], wanted: &[Line]) -> Vec<String> {
    let differs = told.iter().zip(wanted).position(|(told, wanted)| told != wanted);
    let at = match differs {
        Some(at) => at,
        None if told.len() != wanted.len() => told.len().min(wanted.len()),
        None => return Vec::new(),
    };
    let near = |lines: &[Line]| -> Vec<Line> {
        lines.iter().skip(at.saturating_sub(2)).take(6).cloned().collect()
    };
    vec![format!(
        "I17 the trail has {} rows for {} state changes; at {at} {:?} for {:?}",
        told.len(),
        wanted.len(),
        near(told),
        near(wanted)
    )]
}
