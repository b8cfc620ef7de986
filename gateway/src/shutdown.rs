//! Signals: the first one asks the gateway to close its doors in order, the second ends it at once.

use tokio_util::sync::CancellationToken;

/// Exit code when a second signal cut the drain short.
pub const EXIT_SECOND_SIGNAL: i32 = 130;

/// Cancels `stop` at SIGTERM or SIGINT; at the second one the process ends at once.
///
/// # Errors
/// When signals cannot be listened to.
#[expect(clippy::exit, reason = "the second signal means: now")]
#[expect(clippy::disallowed_methods, reason = "the second signal means: now")]
pub async fn cancel_on_signal(stop: CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tracing::info!(signal = name, "closing; a second signal ends at once");
    stop.cancel();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::warn!("second signal: ending now");
    std::process::exit(EXIT_SECOND_SIGNAL);
}
