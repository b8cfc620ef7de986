//! `hutong serve`.

use super::{EXIT_DRAIN, EXIT_UNSUITABLE, Failure, complain};
use crate::app::RunError;
use crate::clock::SystemClock;
use crate::{App, Config, shutdown, telemetry};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Serves until a signal.
pub(super) fn serve(config: Config) -> ExitCode {
    telemetry::init(&config.log);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("the runtime cannot be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(run(config));
    // Whatever still runs was named in the log; it must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match ended {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            complain(&telemetry::chain(&error));
            match error {
                RunError::Unsuitable(_) => ExitCode::from(EXIT_UNSUITABLE),
                RunError::Drain(_) => ExitCode::from(EXIT_DRAIN),
                RunError::Server(_) | RunError::Task(_) => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            complain(&telemetry::chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<Result<(), RunError>, Failure> {
    // The door first: a taken port is told before anything is started.
    let listener = TcpListener::bind(&config.server.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", config.server.listen))?;
    listener.set_nonblocking(true)?;
    let stop = CancellationToken::new();
    watch_signals(stop.clone());
    let app = App::build(config, Arc::new(SystemClock)).await?;
    offer_bootstrap(&app).await?;
    Ok(app.run(listener, stop).await)
}

#[expect(clippy::disallowed_methods, reason = "it must hear the second signal while Tasks drain")]
fn watch_signals(stop: CancellationToken) {
    tokio::spawn(async move {
        if let Err(error) = shutdown::cancel_on_signal(stop).await {
            tracing::error!(%error, "signals cannot be heard");
        }
    });
}

/// While nobody has a password, whoever reads this process's output may become the first admin.
async fn offer_bootstrap(app: &App) -> Result<(), Failure> {
    for tenant in app.settings.tenants() {
        if app.records.credentials().has_any(&tenant).await? {
            continue;
        }
        let Some(code) = app.auth.offer_bootstrap_code(&tenant).await? else {
            complain(&format!(
                "nobody can sign in to `{tenant}` yet; the one-time code that was printed before still \
                 counts, and `hutong admin bootstrap-code --tenant {tenant}` prints a new one"
            ));
            continue;
        };
        complain(&format!(
            "nobody can sign in to `{tenant}` yet. First admin, by this one-time code: {code}\n        \
             (POST /v1/auth/bootstrap, or {}desk/; or `hutong admin set-password AGENT`)",
            app.config.server.public_url.trim_end_matches('/').to_owned() + "/"
        ));
    }
    Ok(())
}
