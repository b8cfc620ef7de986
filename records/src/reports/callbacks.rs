//! Measures of callbacks, by the line that rang.
//!
//! The base are requests to be rung, each counted once, in the period in which it was made, whatever was
//! changed of it later. Like waits they are known when their conversation is in the archive. Each request
//! ends in exactly one way: connected, abandoned, given up or withdrawn.
//!
//! | number | 中文 | definition |
//! | --- | --- | --- |
//! | requested | 回拨请求量 | requests made in the period: connected + abandoned + given up + withdrawn |
//! | connected | 回拨接通量 | both spoke at least once |
//! | tried | 已拨打量 | the contact's telephone was tried at least once |
//! | first try | 首次接通量 | connected by the first call that tried the contact |
//! | first-try rate | 首次接通率 | first try ÷ tried |
//! | with window | 预约回拨量 | those that had an `until` when they were changed last |
//! | in window | 按时接通量 | those of them that were connected before `until` |
//! | in-window rate | 预约按时接通率 | in window ÷ with window, connected or not |
//! | abandoned | 放弃量 | the contact cancelled, or the conversation ended before it was connected or given up |
//! | abandonment rate | 放弃率 | abandoned ÷ requested |
//! | given up | 多次未接通量 | tried as often as the policy says, and never connected |
//! | withdrawn | 坐席撤回量 | the desk took it back |
//! | attempts | 拨打次数 | calls that tried the contact |
//! | mean wait | 平均接通等待 | Σ wait of connected ÷ connected; the wait is from the request, or the window's opening when that is later, until both spoke; 0 when they spoke before the window |
//! | longest wait | 最长接通等待 | the longest of these |
//! | agent rung | 坐席振铃次数 | calls in which the agent's telephone rang, as the line told it |
//! | agent answered in time | 坐席 15 秒内应答量 | those of them that the agent answered within 15 s |
//! | agent answer rate | 坐席 15 秒应答率 | agent answered in time ÷ agent rung |

use super::{Period, Reports, rate};
use crate::error::Result;
use crate::store::statement::{Row, sql};
use domain::{ChannelId, TenantId};
use serde::Serialize;

/// An agent who answers within so many seconds answers in time (GB/T 33358-2016: a hotline's telephone is
/// answered within 15 s).
pub const AGENT_ANSWERS_WITHIN_SECS: u32 = 15;

/// A line's measures for a period, each as the table above says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallbackReport {
    /// Which phone channel.
    pub line: ChannelId,
    /// Requests made in the period.
    pub requested: u64,
    /// Those whose contact and agent spoke.
    pub connected: u64,
    /// Those whose contact's telephone was tried.
    pub tried: u64,
    /// Those that the first try connected.
    pub first_try: u64,
    /// Those with an end of their window.
    pub with_window: u64,
    /// Those of them that were connected before it.
    pub in_window: u64,
    /// Those that the contact gave up.
    pub abandoned: u64,
    /// Those that were tried as often as the policy says.
    pub given_up: u64,
    /// Those that the desk took back.
    pub withdrawn: u64,
    /// Calls that tried the contact.
    pub attempts: u64,
    /// The mean wait of the connected, in milliseconds; none when none was.
    pub mean_wait_ms: Option<i64>,
    /// The longest of them.
    pub longest_wait_ms: Option<i64>,
    /// Calls in which the agent's telephone rang.
    pub agent_rung: u64,
    /// Those that the agent answered in time.
    pub agent_answered_in_time: u64,
    /// In time is within so many seconds: [`AGENT_ANSWERS_WITHIN_SECS`].
    pub within_secs: u32,
}

impl CallbackReport {
    /// Of those tried, the part that the first try connected, from 0 to 1; none when nobody was tried.
    pub fn first_try_rate(&self) -> Option<f64> {
        rate(self.first_try, self.tried)
    }

    /// Of those with a window, the part that was connected before its end; none when there was none.
    pub fn in_window_rate(&self) -> Option<f64> {
        rate(self.in_window, self.with_window)
    }

    /// Of the calls in which the agent's telephone rang, the part that was answered in time; none when
    /// there was none.
    pub fn agent_answer_rate(&self) -> Option<f64> {
        rate(self.agent_answered_in_time, self.agent_rung)
    }

    /// Of all, the part that was abandoned; none when there was none.
    pub fn abandonment_rate(&self) -> Option<f64> {
        rate(self.abandoned, self.requested)
    }
}

/// Both halves by line; each reads its period alone.
const COUNT: &str = "SELECT asked.*, COALESCE(rung.agent_rung, 0) AS agent_rung, \
     COALESCE(rung.agent_answered_in_time, 0) AS agent_answered_in_time FROM \
     (SELECT line, COUNT(*) AS requested, \
      COUNT(CASE WHEN ending = 'connected' THEN 1 END) AS connected, \
      COUNT(CASE WHEN attempts > 0 THEN 1 END) AS tried, \
      COUNT(CASE WHEN connected_try = 1 THEN 1 END) AS first_try, \
      COUNT(until_at) AS with_window, \
      COUNT(CASE WHEN connected_at < until_at THEN 1 END) AS in_window, \
      COUNT(CASE WHEN ending = 'abandoned' THEN 1 END) AS abandoned, \
      COUNT(CASE WHEN ending = 'given_up' THEN 1 END) AS given_up, \
      COUNT(CASE WHEN ending = 'withdrawn' THEN 1 END) AS withdrawn, \
      CAST(SUM(attempts) AS BIGINT) AS attempts, \
      CAST(COALESCE(SUM(CASE WHEN connected_at > opens_at \
      THEN connected_at - opens_at END), 0) AS BIGINT) AS waited_ms, \
      MAX(CASE WHEN connected_at > opens_at THEN connected_at - opens_at \
      WHEN connected_at <= opens_at THEN 0 END) AS longest_wait_ms \
      FROM callbacks WHERE tenant = $1 AND requested_at >= $2 AND requested_at < $3 \
      GROUP BY line) asked LEFT JOIN \
     (SELECT callbacks.line AS line, COUNT(*) AS agent_rung, \
      COUNT(CASE WHEN answered_after_ms <= $4 THEN 1 END) AS agent_answered_in_time \
      FROM callbacks JOIN agent_rings ON agent_rings.tenant = callbacks.tenant \
      AND agent_rings.conversation = callbacks.conversation \
      AND agent_rings.callback = callbacks.seq \
      WHERE callbacks.tenant = $1 AND requested_at >= $2 AND requested_at < $3 \
      GROUP BY callbacks.line) rung ON rung.line = asked.line ORDER BY asked.line";

impl Reports<'_> {
    /// Each line's measures of the callbacks that were requested in a period, by line; a line without any
    /// is left out.
    pub async fn callbacks(self, tenant: &TenantId, period: Period) -> Result<Vec<CallbackReport>> {
        let within_ms = i64::from(AGENT_ANSWERS_WITHIN_SECS) * 1000;
        let count = sql(COUNT).bind(tenant).bind(period.from).bind(period.to).bind(within_ms);
        self.database.all(count).await?.iter().map(read_report).collect()
    }
}

fn read_report(row: &Row) -> Result<CallbackReport> {
    let connected: u64 = row.number("connected")?;
    let waited_ms: i64 = row.get("waited_ms")?;
    Ok(CallbackReport {
        line: row.word("line")?,
        requested: row.number("requested")?,
        connected,
        tried: row.number("tried")?,
        first_try: row.number("first_try")?,
        with_window: row.number("with_window")?,
        in_window: row.number("in_window")?,
        abandoned: row.number("abandoned")?,
        given_up: row.number("given_up")?,
        withdrawn: row.number("withdrawn")?,
        attempts: row.number("attempts")?,
        mean_wait_ms: i64::try_from(connected).ok().and_then(|n| waited_ms.checked_div(n)),
        longest_wait_ms: row.get("longest_wait_ms")?,
        agent_rung: row.number("agent_rung")?,
        agent_answered_in_time: row.number("agent_answered_in_time")?,
        within_secs: AGENT_ANSWERS_WITHIN_SECS,
    })
}
