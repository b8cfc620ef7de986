//! For supervisors: numbers over closed conversations.

use super::caller::Caller;
use super::error::ApiError;
use super::extract::Params;
use crate::app::App;
use actix_web::web;
use domain::{ChannelId, QueueId, Role, Timestamp};
use records::reports::{CallbackReport, Denominator, Period, QueueReport, ServiceLevel};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// The service level of a queue that is no longer there, in seconds.
const TARGET_SECS: u32 = 60;
/// Whoever leaves so soon did not wait for anybody, in seconds.
const SHORT_ABANDON_SECS: u32 = 10;
/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;
/// The longest period of a report: a year, in days.
const PERIOD_DAYS_MAX: i64 = 366;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/reports/today", web::get().to(today))
        .route("/reports/callbacks", web::get().to(callbacks));
}

/// A queue's numbers of the day.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueToday {
    /// Which.
    queue: QueueId,
    /// Waits that began today and are over: answered and abandoned.
    offered: u64,
    /// Those that an agent ended.
    answered: u64,
    /// Those that ended without an agent.
    abandoned: u64,
    /// Those of the abandoned that were short.
    short_abandoned: u64,
    /// Those of the answered that were in time.
    answered_in_time: u64,
    /// The mean wait of the answered, in milliseconds.
    mean_wait_ms: Option<i64>,
    /// From 0 to 1, by the definition.
    service_level: Option<f64>,
    /// Those who wait just now beyond their due time. They are not in the numbers above, which they
    /// will make worse.
    overdue: u64,
    /// How the service level is reckoned.
    #[schema(value_type = Object)]
    definition: ServiceLevel,
}

impl From<QueueReport> for QueueToday {
    fn from(report: QueueReport) -> Self {
        Self {
            queue: report.queue,
            offered: report.offered,
            answered: report.answered,
            abandoned: report.abandoned,
            short_abandoned: report.short_abandoned,
            answered_in_time: report.answered_in_time,
            mean_wait_ms: report.mean_wait_ms,
            service_level: report.service_level,
            overdue: 0,
            definition: report.definition,
        }
    }
}

/// From when the day counts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    /// The start of the reader's day; without it the last 24 hours.
    #[serde(default)]
    since: Option<i64>,
}

/// The day's numbers by queue, over closed conversations.
#[utoipa::path(get, path = "/v1/reports/today", tag = "supervisors", security(("bearer" = [])),
    params(Since),
    responses((status = 200, body = Vec<QueueToday>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn today(
    app: web::Data<App>,
    caller: Caller,
    query: Params<Since>,
) -> Result<web::Json<Vec<QueueToday>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let now = app.clock.now();
    let from = query.0.since.map_or_else(|| now.plus_ms(-DAY_MS), Timestamp);
    let period = Period { from, to: now.plus_ms(1) };
    let view = app.settings.desk(&staff.tenant);
    // Each queue by its own target; one read for all queues of the same target.
    let target = |queue: &QueueId| view.queue(queue).map_or(TARGET_SECS, |queue| queue.target_secs);
    let targets: BTreeSet<u32> = view.desk.queues.iter().map(|queue| queue.target_secs).collect();
    let targets = targets.into_iter().chain([TARGET_SECS]).collect::<BTreeSet<u32>>();
    let mut rows: Vec<QueueToday> = Vec::new();
    for within_secs in targets {
        let definition = ServiceLevel {
            within_secs,
            short_abandon_secs: SHORT_ABANDON_SECS,
            denominator: Denominator::OfferedLessShortAbandons,
        };
        let reports = app.records.reports().queues(&staff.tenant, period, definition).await?;
        let own = reports.into_iter().filter(|report| target(&report.queue) == within_secs);
        rows.extend(own.map(QueueToday::from));
    }
    rows.sort_by(|a, b| a.queue.cmp(&b.queue));
    for row in &mut rows {
        row.overdue = app.router.overdue(&staff.tenant, &row.queue, now).await?;
    }
    Ok(web::Json(rows))
}

/// A line's measures of callbacks, each defined in `docs/channels/phone.md`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallbackMeasures {
    /// Which phone channel rang.
    line: ChannelId,
    /// Requests made in the period whose conversation is closed: connected, abandoned, given up and
    /// withdrawn.
    requested: u64,
    /// Those whose contact and agent spoke.
    connected: u64,
    /// Those whose contact's telephone was tried.
    tried: u64,
    /// Those that the first call which tried the contact connected.
    first_try: u64,
    /// Those of `with_window` that were connected before `until`.
    in_window: u64,
    /// Those that had an `until`.
    with_window: u64,
    /// Those that the contact cancelled, or whose conversation ended before.
    abandoned: u64,
    /// Those that were tried as often as the policy says, in vain.
    given_up: u64,
    /// Those that the desk took back.
    withdrawn: u64,
    /// Calls that tried the contact.
    attempts: u64,
    /// The mean wait of the connected, in milliseconds: from the request, or the window's opening when that
    /// is later, until both spoke.
    mean_wait_ms: Option<i64>,
    /// The longest of these waits.
    longest_wait_ms: Option<i64>,
    /// Calls in which the agent's telephone rang.
    agent_rung: u64,
    /// Those of them that the agent answered within `within_secs`.
    agent_answered_in_time: u64,
    /// What is in time, in seconds.
    within_secs: u32,
    /// `first_try` ÷ `tried`, from 0 to 1.
    first_try_rate: Option<f64>,
    /// `in_window` ÷ `with_window`, from 0 to 1.
    in_window_rate: Option<f64>,
    /// `agent_answered_in_time` ÷ `agent_rung`, from 0 to 1.
    agent_answer_rate: Option<f64>,
    /// `abandoned` ÷ `requested`, from 0 to 1.
    abandonment_rate: Option<f64>,
}

impl From<CallbackReport> for CallbackMeasures {
    fn from(report: CallbackReport) -> Self {
        Self {
            first_try_rate: report.first_try_rate(),
            in_window_rate: report.in_window_rate(),
            agent_answer_rate: report.agent_answer_rate(),
            abandonment_rate: report.abandonment_rate(),
            line: report.line,
            requested: report.requested,
            connected: report.connected,
            tried: report.tried,
            first_try: report.first_try,
            in_window: report.in_window,
            with_window: report.with_window,
            abandoned: report.abandoned,
            given_up: report.given_up,
            withdrawn: report.withdrawn,
            attempts: report.attempts,
            mean_wait_ms: report.mean_wait_ms,
            longest_wait_ms: report.longest_wait_ms,
            agent_rung: report.agent_rung,
            agent_answered_in_time: report.agent_answered_in_time,
            within_secs: report.within_secs,
        }
    }
}

/// Which period.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedPeriod {
    /// Its first moment, in milliseconds; without it a day before its end.
    #[serde(default)]
    since: Option<i64>,
    /// The first moment after it, in milliseconds; without it the present. At most 366 days after `since`.
    #[serde(default)]
    until: Option<i64>,
}

impl WantedPeriod {
    /// # Errors
    /// 422 when it is empty, too long, or begins before 1970.
    fn read(self, now: Timestamp) -> Result<Period, ApiError> {
        // What happens in this moment is in it.
        let to = self.until.map_or_else(|| now.plus_ms(1), Timestamp);
        let from = self.since.map_or_else(|| Timestamp(to.0.saturating_sub(DAY_MS)), Timestamp);
        if from.0 < 0 {
            return Err(ApiError::field("since", "must not be before 1970"));
        }
        if to <= from {
            return Err(ApiError::field("until", "must be after `since`"));
        }
        if to.0.saturating_sub(from.0) > PERIOD_DAYS_MAX * DAY_MS {
            return Err(ApiError::field("until", "must be at most 366 days after `since`"));
        }
        Ok(Period { from, to })
    }
}

/// The measures of callbacks by line, over closed conversations; a line without requests in the period is
/// left out.
#[utoipa::path(get, path = "/v1/reports/callbacks", tag = "supervisors", security(("bearer" = [])),
    params(WantedPeriod),
    responses((status = 200, body = Vec<CallbackMeasures>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn callbacks(
    app: web::Data<App>,
    caller: Caller,
    query: Params<WantedPeriod>,
) -> Result<web::Json<Vec<CallbackMeasures>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let period = query.0.read(app.clock.now())?;
    let reports = app.records.reports().callbacks(&staff.tenant, period).await?;
    Ok(web::Json(reports.into_iter().map(CallbackMeasures::from).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_a_beginning_an_end_and_a_length() {
        let now = Timestamp(1_700_000_000_000);
        let read = |since, until| WantedPeriod { since, until }.read(now);
        let last_day = read(None, None).unwrap();
        assert_eq!((last_day.from, last_day.to), (Timestamp(now.0 + 1 - DAY_MS), now.plus_ms(1)));
        let until = read(None, Some(5 * DAY_MS)).unwrap();
        assert_eq!((until.from.0, until.to.0), (4 * DAY_MS, 5 * DAY_MS));
        assert!(read(Some(0), Some(366 * DAY_MS)).is_ok());
        for (since, until) in [
            (Some(-1), None),
            (None, Some(1)),
            (Some(5), Some(5)),
            (Some(6), Some(5)),
            (Some(0), Some(366 * DAY_MS + 1)),
            (Some(0), None),
            (Some(i64::MIN), Some(i64::MAX)),
            (None, Some(i64::MIN)),
            (Some(now.0 + DAY_MS), None),
        ] {
            assert!(read(since, until).is_err(), "{since:?} {until:?}");
        }
    }
}
