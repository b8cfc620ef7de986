//! Named tasks: every long-lived piece of work is started, watched, restarted and drained here.
//!
//! A panic is caught at the join, logged with the task's name and counted; the tracker owns the
//! tasks, so the count of live work can never be wrong.

use crate::metrics;
use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a task ends with.
pub type TaskResult = Result<(), Box<dyn Error + Send + Sync>>;

/// Back-off before the first restart, and at most.
const RESTART_MS: (u64, u64) = (100, 10_000);
/// A task that ran so long without failing starts its back-off anew.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// What the end of a task means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEnd {
    /// The process cannot go on without it: the gateway stops with an error.
    Critical,
    /// It is started again, with back-off.
    Restart,
}

/// What an operator sees of a task.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct TaskReport {
    /// Its name.
    pub name: String,
    /// How many of this name run now.
    pub running: u64,
    /// How often it was started again.
    pub restarts: u64,
    /// How often it panicked.
    pub panics: u64,
    /// What its last failure was, in one line.
    pub last_failure: Option<String>,
}

/// Starts and watches tasks. Cloning is cheap and shares them.
#[derive(Debug, Clone)]
pub struct Tasks {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    runtime: Handle,
    tracker: TaskTracker,
    stop: CancellationToken,
    reports: Mutex<BTreeMap<&'static str, TaskReport>>,
    failed: watch::Sender<Option<String>>,
}

impl Tasks {
    /// Must be called inside the runtime on which the tasks are to run.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                runtime: Handle::current(),
                tracker: TaskTracker::new(),
                stop: CancellationToken::new(),
                reports: Mutex::new(BTreeMap::new()),
                failed: watch::Sender::new(None),
            }),
        }
    }

    /// Starts a task that runs until `stop` is cancelled, and says what its end before means.
    pub fn spawn<F, Fut>(&self, name: &'static str, on_end: OnEnd, run: F)
    where
        F: Fn(CancellationToken) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = TaskResult> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        inner.note(name, |report| report.running += 1);
        let runtime = self.inner.runtime.clone();
        let watching = async move {
            let mut wait_ms = RESTART_MS.0;
            loop {
                let began = tokio::time::Instant::now();
                let work = inner.runtime.spawn(run(inner.stop.child_token()));
                let end = work.await;
                if inner.stop.is_cancelled() {
                    inner.log_late_failure(name, end);
                    break;
                }
                let failure = inner.failure(name, end);
                if on_end == OnEnd::Critical {
                    inner.failed.send_replace(Some(format!("task {name} ended: {failure}")));
                    break;
                }
                if began.elapsed() >= HEALTHY_AFTER {
                    wait_ms = RESTART_MS.0;
                }
                inner.note(name, |report| report.restarts += 1);
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
                    () = inner.stop.cancelled() => break,
                }
                wait_ms = (wait_ms * 2).min(RESTART_MS.1);
            }
            inner.note(name, |report| report.running = report.running.saturating_sub(1));
        };
        self.inner.tracker.spawn_on(watching, &runtime);
    }

    /// Starts work that ends by itself, such as one socket's; it is drained with the others.
    pub fn spawn_once<Fut>(&self, name: &'static str, work: Fut)
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        inner.note(name, |report| report.running += 1);
        let runtime = self.inner.runtime.clone();
        let guard = Running { inner, name };
        let work = async move {
            let _guard = guard;
            work.await;
        };
        self.inner.tracker.spawn_on(work, &runtime);
    }

    /// Cancelled when the gateway stops its tasks.
    pub fn stopping(&self) -> CancellationToken {
        self.inner.stop.clone()
    }

    /// Ends with the reason when a critical task ended.
    pub async fn critical_failure(&self) -> String {
        let mut failed = self.inner.failed.subscribe();
        match failed.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_closed) => std::future::pending().await,
        }
    }

    /// Tells every task to stop and waits for them at most so long. Names those that did not.
    ///
    /// # Errors
    /// The names of the tasks that still ran at the deadline.
    pub async fn drain(&self, within: Duration) -> Result<(), Vec<String>> {
        self.inner.stop.cancel();
        self.inner.tracker.close();
        let deadline = tokio::time::Instant::now() + within;
        loop {
            let step = (tokio::time::Instant::now() + Duration::from_secs(5)).min(deadline);
            if tokio::time::timeout_at(step, self.inner.tracker.wait()).await.is_ok() {
                return Ok(());
            }
            let left: Vec<String> =
                self.reports().into_iter().filter(|r| r.running > 0).map(|r| r.name).collect();
            if step >= deadline {
                return Err(left);
            }
            tracing::info!(tasks = ?left, "waiting for tasks to end");
        }
    }

    /// What an operator sees of the tasks.
    pub fn reports(&self) -> Vec<TaskReport> {
        let reports = self.inner.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.values().cloned().collect()
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

/// Notes the end of a task that ends by itself, also when it panics.
struct Running {
    inner: Arc<Inner>,
    name: &'static str,
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(task = self.name, "a task panicked");
            metrics::task_panicked(self.name);
            self.inner.note(self.name, |report| report.panics += 1);
        }
        self.inner.note(self.name, |report| report.running = report.running.saturating_sub(1));
    }
}

type Joined = Result<TaskResult, tokio::task::JoinError>;

impl Inner {
    fn note(&self, name: &'static str, change: impl FnOnce(&mut TaskReport)) {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let report = reports.entry(name).or_insert_with(|| TaskReport {
            name: name.to_owned(),
            running: 0,
            restarts: 0,
            panics: 0,
            last_failure: None,
        });
        change(report);
    }

    /// Logs and counts how a task ended before its time; in one line, for the report.
    fn failure(&self, name: &'static str, end: Joined) -> String {
        let failure = match end {
            Ok(Ok(())) => "it ended by itself".to_owned(),
            Ok(Err(error)) => crate::telemetry::chain(error.as_ref()),
            Err(panic) => {
                metrics::task_panicked(name);
                self.note(name, |report| report.panics += 1);
                panic_text(panic)
            }
        };
        tracing::error!(task = name, error = failure, "a task ended before its time");
        self.note(name, |report| report.last_failure = Some(failure.clone()));
        failure
    }

    fn log_late_failure(&self, name: &'static str, end: Joined) {
        if !matches!(end, Ok(Ok(()))) {
            self.failure(name, end);
        }
    }
}

fn panic_text(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned());
            format!("panic: {}", text.unwrap_or_else(|| "without a message".to_owned()))
        }
        Err(cancelled) => cancelled.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_panicking_task_is_started_again_and_counted_by_name() {
        let tasks = Tasks::new();
        let runs = Arc::new(AtomicU32::new(0));
        let (done, mut third) = watch::channel(false);
        let counted = Arc::clone(&runs);
        tasks.spawn("shaky", OnEnd::Restart, move |stop| {
            let (counted, done) = (Arc::clone(&counted), done.clone());
            async move {
                assert!(counted.fetch_add(1, Ordering::SeqCst) >= 2, "not yet");
                done.send_replace(true);
                stop.cancelled().await;
                Ok(())
            }
        });
        third.wait_for(|done| *done).await.unwrap();
        let report = tasks.reports().remove(0);
        assert_eq!((report.name.as_str(), report.panics, report.restarts), ("shaky", 2, 2));
        tasks.drain(Duration::from_secs(1)).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_critical_task_is_told() {
        let tasks = Tasks::new();
        tasks.spawn("heart", OnEnd::Critical, |_stop| async { Err("no beat".into()) });
        assert_eq!(tasks.critical_failure().await, "task heart ended: no beat");
    }

    #[tokio::test(start_paused = true)]
    async fn draining_names_the_task_that_would_not_stop() {
        let tasks = Tasks::new();
        tasks.spawn("polite", OnEnd::Restart, |stop| async move {
            stop.cancelled().await;
            Ok(())
        });
        tasks.spawn("stubborn", OnEnd::Restart, |_stop| std::future::pending());
        assert_eq!(tasks.drain(Duration::from_secs(30)).await, Err(vec!["stubborn".to_owned()]));
    }
}
