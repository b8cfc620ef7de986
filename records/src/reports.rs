//! Numbers over closed conversations, each with its definition. Those of callbacks stand in `callbacks`.
//!
//! The base are waits: each time that a conversation waited for an agent, counted in the period in
//! which it arrived, and in the queue in which it ended. Conversations that are still open are not
//! in the archive and so not in these numbers.
//!
//! | number | 中文 | definition |
//! | --- | --- | --- |
//! | offered | 进线量 | waits that began in the period: answered + abandoned |
//! | answered | 接通量 | waits that an agent ended |
//! | abandoned | 放弃量 | waits that ended without an agent |
//! | mean wait | 平均应答速度 | Σ wait of answered ÷ answered |
//! | service level | 服务水平 | answered within the threshold ÷ a [`Denominator`] that is named |

mod callbacks;

pub use callbacks::{AGENT_ANSWERS_WITHIN_SECS, CallbackReport};

use crate::error::Result;
use crate::store::handle;
use crate::store::statement::{Row, sql};
use domain::{QueueId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

handle!(Reports, "Numbers over closed conversations.");

/// A period, from its start to before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment in it.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

/// How the service level is reckoned; shown with every number that it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevel {
    /// Answered within so many seconds of arrival counts as in time.
    pub within_secs: u32,
    /// Abandoned within so many seconds of arrival is a short abandon.
    pub short_abandon_secs: u32,
    /// What the answered in time are divided by.
    pub denominator: Denominator,
}

/// What the service level is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// All that were answered.
    Answered,
    /// All that were offered: answered and abandoned.
    Offered,
    /// All that were offered, but for short abandons.
    OfferedLessShortAbandons,
}

/// A queue's numbers for a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueueReport {
    /// Which queue.
    pub queue: QueueId,
    /// Waits that began in the period.
    pub offered: u64,
    /// Those that an agent ended.
    pub answered: u64,
    /// Those that ended without an agent.
    pub abandoned: u64,
    /// Those of the abandoned that were short.
    pub short_abandoned: u64,
    /// Those of the answered that were in time.
    pub answered_in_time: u64,
    /// The mean wait of the answered, in milliseconds; none when none was.
    pub mean_wait_ms: Option<i64>,
    /// From 0 to 1, by the definition below; none when there is nothing to divide by.
    pub service_level: Option<f64>,
    /// The definition.
    pub definition: ServiceLevel,
}

impl Reports<'_> {
    /// Each queue's numbers for a period, by queue; a queue without waits is left out.
    pub async fn queues(
        self,
        tenant: &TenantId,
        period: Period,
        definition: ServiceLevel,
    ) -> Result<Vec<QueueReport>> {
        let count = sql("SELECT queue, COUNT(*) AS offered, COUNT(accepted_at) AS answered, \
             COUNT(CASE WHEN accepted_at - arrived_at <= $4 THEN 1 END) AS answered_in_time, \
             COUNT(CASE WHEN accepted_at IS NULL AND closed_at - arrived_at <= $5 THEN 1 END) \
             AS short_abandoned, \
             CAST(COALESCE(SUM(CASE WHEN accepted_at > arrived_at \
             THEN accepted_at - arrived_at END), 0) AS BIGINT) AS waited_ms \
             FROM waits WHERE tenant = $1 AND arrived_at >= $2 AND arrived_at < $3 \
             GROUP BY queue ORDER BY queue");
        let count = count
            .bind(tenant)
            .bind(period.from)
            .bind(period.to)
            .bind(i64::from(definition.within_secs) * 1000)
            .bind(i64::from(definition.short_abandon_secs) * 1000);
        let rows = self.database.all(count).await?;
        rows.iter().map(|row| read_report(row, definition)).collect()
    }
}

fn read_report(row: &Row, definition: ServiceLevel) -> Result<QueueReport> {
    let (offered, answered): (u64, u64) = (row.number("offered")?, row.number("answered")?);
    let waited_ms: i64 = row.get("waited_ms")?;
    let mut report = QueueReport {
        queue: row.word("queue")?,
        offered,
        answered,
        abandoned: offered.saturating_sub(answered),
        short_abandoned: row.number("short_abandoned")?,
        answered_in_time: row.number("answered_in_time")?,
        mean_wait_ms: i64::try_from(answered).ok().and_then(|n| waited_ms.checked_div(n)),
        service_level: None,
        definition,
    };
    report.service_level = service_level(&report);
    Ok(report)
}

fn service_level(report: &QueueReport) -> Option<f64> {
    let denominator = match report.definition.denominator {
        Denominator::Answered => report.answered,
        Denominator::Offered => report.offered,
        Denominator::OfferedLessShortAbandons => {
            report.offered.saturating_sub(report.short_abandoned)
        }
    };
    rate(report.answered_in_time, denominator)
}

/// From 0 to 1; none when there is nothing to divide by.
fn rate(part: u64, whole: u64) -> Option<f64> {
    // Counts of one report are far below 2^52, where a float still holds every whole number.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    (whole > 0).then(|| part as f64 / whole as f64)
}
