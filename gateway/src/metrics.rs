//! Every metric, once. Labels hold names from fixed lists, never tenants or free text.

use channels::push::Pushed;
use domain::PushProvider;
use metrics::{counter, gauge, histogram};
use records::history::CallbackOver;
use std::time::Duration;

/// A request was answered.
pub fn request_answered(route: &str, status: u16, seconds: f64) {
    let class = match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    counter!("hutong_http_requests_total", "route" => route.to_owned(), "status" => class)
        .increment(1);
    histogram!("hutong_http_request_seconds", "route" => route.to_owned()).record(seconds);
}

/// A request was refused with this code.
pub fn request_refused(code: &'static str) {
    counter!("hutong_http_refusals_total", "code" => code).increment(1);
}

/// A transition (or a read) of the switchboard was called and ended so (`ok`, `unavailable`,
/// `refused`, `failed`).
pub fn transition_called(transition: &'static str, outcome: &'static str, seconds: f64) {
    counter!("hutong_transitions_total", "transition" => transition, "outcome" => outcome)
        .increment(1);
    histogram!("hutong_transition_seconds", "transition" => transition).record(seconds);
}

/// An event was read from a tenant's stream.
pub fn event_read(event: &'static str) {
    counter!("hutong_events_total", "event" => event).increment(1);
}

/// So many commits were cut off the stream before every duty had read them.
pub fn commits_cut(count: u64) {
    counter!("hutong_commits_cut_total").increment(count);
}

/// So many deliveries became dead letters because too many waited for their endpoint.
pub fn deliveries_shed(count: u64) {
    counter!("hutong_deliveries_shed_total").increment(count);
}

/// A closed conversation could not be archived.
pub fn archiving_failed() {
    counter!("hutong_archiving_failures_total").increment(1);
}

/// A task panicked.
pub fn task_panicked(task: &'static str) {
    counter!("hutong_task_panics_total", "task" => task).increment(1);
}

/// Redis answers (1) or not (0).
pub fn redis_up(up: bool) {
    gauge!("hutong_redis_up").set(if up { 1.0 } else { 0.0 });
}

/// The embedded Redis was started so many times by this process.
pub fn embedded_redis_started() {
    counter!("hutong_embedded_redis_starts_total").increment(1);
}

/// Sockets open now, by kind (`agent`, `visitor`).
pub fn sockets_open(kind: &'static str, change: f64) {
    gauge!("hutong_sockets_open", "kind" => kind).increment(change);
}

/// A socket was closed with this code.
pub fn socket_closed(kind: &'static str, code: u16) {
    counter!("hutong_sockets_closed_total", "kind" => kind, "code" => code.to_string())
        .increment(1);
}

/// A sign-in ended so (`ok`, `refused`, `limited`).
pub fn login_ended(outcome: &'static str) {
    counter!("hutong_logins_total", "outcome" => outcome).increment(1);
}

/// A file of so many bytes was kept.
pub fn file_kept(bytes: u64) {
    counter!("hutong_files_total").increment(1);
    counter!("hutong_files_bytes_total").increment(bytes);
}

/// A timer failed and was put aside.
pub fn timer_failed() {
    counter!("hutong_timers_failed_total").increment(1);
}

/// A delivery's try ended so (`sent`, `withdrawn`, `retry`, `dead`).
pub fn delivery_tried(outcome: &'static str) {
    counter!("hutong_delivery_tries_total", "outcome" => outcome).increment(1);
}

/// A notification was given to a service and that ended so (`sent`, `rate_limited`, `unavailable`, `gone`,
/// `rejected`).
pub fn pushed(provider: PushProvider, pushed: &Pushed) {
    let outcome = match pushed {
        Pushed::Sent => "sent",
        Pushed::RateLimited(_) => "rate_limited",
        Pushed::Unavailable(_) => "unavailable",
        Pushed::Gone { .. } => "gone",
        Pushed::Rejected(_) => "rejected",
    };
    counter!("hutong_notifications_total", "provider" => provider.name(), "outcome" => outcome)
        .increment(1);
}

/// A letter was taken in and went so (`accepted`, `aside`: into the quarantine).
pub fn letter_taken(outcome: &'static str) {
    counter!("hutong_letters_total", "outcome" => outcome).increment(1);
}

/// A conversation's letter could not be acknowledged, and is passed over.
pub fn acknowledging_failed() {
    counter!("hutong_acknowledging_failures_total").increment(1);
}

/// A letter of the quarantine was let go of unresolved, because of its `age` or for room (`bytes`).
pub fn quarantine_dropped(why: &'static str) {
    counter!("hutong_quarantine_dropped_total", "why" => why).increment(1);
}

/// A door's connection to its network: this gateway runs it and it stands (1), or not (0).
pub fn door_open(adapter: &'static str, change: f64) {
    gauge!("hutong_doors_open", "adapter" => adapter).increment(change);
}

/// A door could not go on and will be opened again, for this reason (`unavailable`, `unauthorised`,
/// `not_taken`, `failed`).
pub fn door_failed(adapter: &'static str, reason: &'static str) {
    counter!("hutong_door_failures_total", "adapter" => adapter, "reason" => reason).increment(1);
}

/// A telephone call is over, and how.
pub fn call_ended(outcome: &'static str) {
    counter!("hutong_calls_total", "outcome" => outcome).increment(1);
}

/// A request to be rung is over and in the archive, and how it ended.
pub fn callback_over(over: &CallbackOver) {
    counter!("hutong_callbacks_over_total", "ending" => over.ending.name()).increment(1);
    if let Some(ms) = over.waited_ms {
        histogram!("hutong_callback_wait_seconds").record(Duration::from_millis(ms.unsigned_abs()));
    }
    for rang in &over.agent_rings {
        let answered = if rang.is_some() { "yes" } else { "no" };
        counter!("hutong_agent_rings_total", "answered" => answered).increment(1);
        if let Some(ms) = rang {
            histogram!("hutong_agent_answer_seconds").record(Duration::from_millis(*ms));
        }
    }
}

/// A network's call was not taken, for this reason (`not_authentic`, `malformed`, `unsupported`,
/// `not_taken`).
pub fn callback_refused(reason: &'static str) {
    counter!("hutong_callbacks_refused_total", "reason" => reason).increment(1);
}

/// Installs the recorder of the process and gives the handle that renders it. Several gateways of
/// one process (tests) share it.
pub fn install() -> metrics_exporter_prometheus::PrometheusHandle {
    use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder was installed before");
            }
            handle
        })
        .clone()
}
