//! Starts the server, starts it again when it dies, ends it last.

use super::{EmbeddedError, Program, SOCKET_PATH_BYTES_MAX, arguments, find_program};
use crate::config::Config;
use crate::metrics;
use std::fs::{File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Back-off between starts, first and most.
const RESTART_MS: (u64, u64) = (50, 5_000);
/// A server that ran so long starts its back-off anew.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);
/// How long the server may take to end when asked; it has nothing to save, its log is on disk.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// The most bytes of one line of the server's log.
const LINE_BYTES_MAX: u64 = 8 * 1024;

/// A running embedded Redis.
#[derive(Debug, Clone)]
pub struct Embedded {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: Program,
    stop: CancellationToken,
    supervisor: Mutex<Option<JoinHandle<()>>>,
    _lock: File,
}

impl Embedded {
    /// Takes the data directory's lock and starts the server. It may still be loading afterwards.
    ///
    /// # Errors
    /// See [`EmbeddedError`].
    #[expect(
        clippy::disallowed_methods,
        reason = "it must outlive Tasks: the drain still needs Redis"
    )]
    pub async fn start(config: &Config) -> Result<Self, EmbeddedError> {
        let socket = config.redis_socket();
        let bytes = socket.as_os_str().len();
        if bytes > SOCKET_PATH_BYTES_MAX {
            return Err(EmbeddedError::SocketPath { path: config.data_dir.clone(), bytes });
        }
        let program = find_program(config).await?;
        make_private_dir(&config.data_dir.join("redis"))?;
        let lock = lock(&config.data_dir)?;
        end_leftover(&socket).await;
        let stop = CancellationToken::new();
        let first = spawn(&program, config).map_err(|error| EmbeddedError::Program {
            program: program.path.clone(),
            problem: error.to_string(),
        })?;
        tracing::info!(program = %program.path.display(), version = program.version, "embedded Redis started");
        if program.setpriv.is_none() {
            tracing::warn!(
                "setpriv was not found: a killed gateway leaves its Redis behind until the next start"
            );
        }
        let watching = supervise(first, program.clone(), config.clone(), stop.clone());
        let supervisor = Mutex::new(Some(tokio::spawn(watching)));
        Ok(Self { inner: Arc::new(Inner { program, stop, supervisor, _lock: lock }) })
    }

    /// The program that serves.
    pub fn program(&self) -> &Program {
        &self.inner.program
    }

    /// Ends the server and waits until it is gone.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        if let Some(supervisor) = self.inner.supervisor.lock().await.take()
            && let Err(error) = supervisor.await
        {
            tracing::error!(%error, "the supervisor of the embedded Redis failed");
        }
    }
}

/// Makes a directory that only its owner may enter.
pub(crate) fn make_private_dir(path: &Path) -> Result<(), EmbeddedError> {
    let file = |source| EmbeddedError::File { what: "making", path: path.to_owned(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(file)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(file)
}

fn lock(data_dir: &Path) -> Result<File, EmbeddedError> {
    let path = data_dir.join("gateway.lock");
    let failed = |source| EmbeddedError::File { what: "locking", path: path.clone(), source };
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedError::Locked { path: data_dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// We hold the lock, so whoever still answers on the socket was left behind by a killed gateway.
async fn end_leftover(socket: &Path) {
    let Ok(mut stream) = UnixStream::connect(socket).await else { return };
    tracing::warn!("a Redis was left behind by an earlier gateway; asking it to end");
    if stream.write_all(b"SHUTDOWN NOSAVE\r\n").await.is_ok() {
        let mut rest = Vec::new();
        let gone = stream.read_to_end(&mut rest);
        if tokio::time::timeout(STOP_WITHIN, gone).await.is_err() {
            tracing::error!("the Redis that was left behind does not end");
        }
    }
}

fn spawn(program: &Program, config: &Config) -> std::io::Result<Child> {
    let mut command = match &program.setpriv {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.arg("--pdeathsig").arg("KILL").arg(&program.path);
            command
        }
        None => Command::new(&program.path),
    };
    command.args(arguments(config)).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A signal to our process group (Ctrl-C) must not end Redis before the drain is done.
    command.process_group(0).kill_on_drop(true);
    metrics::embedded_redis_started();
    command.spawn()
}

/// The thread that spawned the server must live on (`pdeathsig` watches the thread), so this runs on
/// the main runtime, whose workers live as long as the process.
async fn supervise(first: Child, program: Program, config: Config, stop: CancellationToken) {
    let mut running = Some(first);
    let mut wait_ms = RESTART_MS.0;
    loop {
        let began = tokio::time::Instant::now();
        if let Some(child) = running.take() {
            if watch(child, &stop).await {
                return;
            }
            if began.elapsed() >= HEALTHY_AFTER {
                wait_ms = RESTART_MS.0;
            }
        }
        let pause = tokio::time::sleep(Duration::from_millis(wait_ms));
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
        wait_ms = (wait_ms * 2).min(RESTART_MS.1);
        match spawn(&program, &config) {
            Ok(child) => running = Some(child),
            Err(error) => tracing::error!(%error, "the embedded Redis cannot be started again"),
        }
    }
}

/// Waits until the server dies (false) or was stopped (true), and passes its log on.
async fn watch(mut child: Child, stop: &CancellationToken) -> bool {
    let mut stdout = child.stdout.take().map(BufReader::new);
    let mut line = Vec::new();
    loop {
        let reading = async {
            match &mut stdout {
                Some(reader) => reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            status = child.wait() => {
                let status = status.map_or_else(|error| error.to_string(), |s| s.to_string());
                tracing::error!(status, "the embedded Redis ended; starting it again");
                return false;
            }
            read = reading => match read {
                Ok(bytes) if bytes > 0 => pass_on(&mut line),
                _ => stdout = None,
            },
            () = stop.cancelled() => {
                end(child).await;
                return true;
            }
        }
    }
}

/// One line of the server's log: warnings (`#`) as such, the rest for debugging.
fn pass_on(line: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    let is_chatter =
        ["is starting", "Redis version=", "Configuration loaded", "Server initialized"]
            .iter()
            .any(|known| text.contains(known));
    if text.contains(" # ") && !is_chatter {
        tracing::warn!(target: "redis", "{text}");
    } else if !text.is_empty() {
        tracing::debug!(target: "redis", "{text}");
    }
    line.clear();
}

async fn end(mut child: Child) {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok())
        && let Some(pid) = rustix::process::Pid::from_raw(pid)
        && let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::TERM)
    {
        tracing::warn!(%error, "the embedded Redis cannot be asked to end");
    }
    match tokio::time::timeout(STOP_WITHIN, child.wait()).await {
        Ok(_status) => tracing::info!("embedded Redis stopped"),
        Err(_elapsed) => {
            tracing::error!("the embedded Redis does not end; killing it");
            if let Err(error) = child.kill().await {
                tracing::error!(%error, "the embedded Redis cannot be killed");
            }
        }
    }
}
