//! Connections that are kept for a while, at most so many at once.

use super::{COMMAND_TIME, reset, timed};
use crate::email::config::{MailServer, Proof, Secret, Security};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// How long a connection is kept that nobody uses: servers close theirs after some minutes.
const KEEP: Duration = Duration::from_secs(45);

/// Is a connection that was kept good enough?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Welcome,
    Unwelcome,
}

/// Why there is no connection. Shown to operators.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// It cannot be reached, or does not speak as it must.
    #[error("{0}")]
    Line(String),
    /// It refuses our credentials.
    #[error("{0}")]
    Login(String),
}

/// The connections.
pub(super) struct Pool {
    server: MailServer,
    hello: ClientId,
    room: Semaphore,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
    /// Reading the system's authorities takes tens of milliseconds: once.
    tls: OnceLock<TlsParameters>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("server", &self.server).finish_non_exhaustive()
    }
}

/// A connection for one letter. Dropped, it is closed; [`Seat::keep`] gives it back.
pub(super) struct Seat<'a> {
    pool: &'a Pool,
    line: AsyncSmtpConnection,
    was_kept: bool,
    _room: SemaphorePermit<'a>,
}

impl Seat<'_> {
    pub(super) fn line(&mut self) -> &mut AsyncSmtpConnection {
        &mut self.line
    }

    pub(super) fn was_kept(&self) -> bool {
        self.was_kept
    }

    /// Gives the connection back for the next letter.
    pub(super) fn keep(self) {
        if !self.line.has_broken() {
            let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push((self.line, Instant::now()));
        }
    }
}

impl Pool {
    pub(super) fn new(server: MailServer, connections_max: usize, domain: &str) -> Self {
        Self {
            server,
            hello: ClientId::Domain(domain.to_owned()),
            room: Semaphore::new(connections_max),
            idle: Mutex::new(Vec::new()),
            tls: OnceLock::new(),
        }
    }

    /// A connection that is logged in; waits for room.
    pub(super) async fn seat(
        &self,
        kept: Kept,
        secret: Option<&Secret>,
    ) -> Result<Seat<'_>, Refused> {
        let room = self.room.acquire().await;
        let room = room.map_err(|_closed| Refused::Line("the pool is closed".to_owned()))?;
        while let Some(mut line) = self.pick(kept) {
            if reset(&mut line).await {
                return Ok(Seat { pool: self, line, was_kept: true, _room: room });
            }
        }
        let line = self.connect(secret).await?;
        Ok(Seat { pool: self, line, was_kept: false, _room: room })
    }

    /// The connection that was used last, if it is young enough; the others are closed.
    fn pick(&self, kept: Kept) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| kept == Kept::Welcome && since.elapsed() < KEEP);
        idle.pop().map(|(line, _)| line)
    }

    async fn connect(&self, secret: Option<&Secret>) -> Result<AsyncSmtpConnection, Refused> {
        let server = &self.server;
        let tls = match server.security {
            Security::Plain => None,
            Security::Tls | Security::StartTls => Some(self.tls()?),
        };
        let first = tls.clone().filter(|_| server.security == Security::Tls);
        let resolving = server.reach.resolve(&server.host, server.port);
        let unreachable =
            |why: String| Refused::Line(format!("{} cannot be reached: {why}", server.host));
        let addresses = tokio::time::timeout(COMMAND_TIME, resolving)
            .await
            .map_err(|_late| unreachable("its name is not resolved in time".to_owned()))?
            .map_err(|error| unreachable(error.to_string()))?;
        let opening = AsyncSmtpConnection::connect_tokio1(
            addresses.as_slice(),
            Some(COMMAND_TIME),
            &self.hello,
            first,
            None,
        );
        let mut line = timed(opening).await.map_err(|broken| Refused::Line(broken.in_words()))?;
        if let (Security::StartTls, Some(tls)) = (server.security, tls) {
            let upgrade = line.starttls(tls, &self.hello);
            timed(upgrade).await.map_err(|broken| Refused::Line(broken.in_words()))?;
        }
        self.log_in(&mut line, secret).await?;
        Ok(line)
    }

    async fn log_in(
        &self,
        line: &mut AsyncSmtpConnection,
        secret: Option<&Secret>,
    ) -> Result<(), Refused> {
        let (Some(login), Some(secret)) = (&self.server.login, secret) else { return Ok(()) };
        let ways: &[Mechanism] = match login.proof {
            Proof::Password(_) => &[Mechanism::Plain, Mechanism::Login],
            Proof::Token => &[Mechanism::Xoauth2],
        };
        if line.server_info().get_auth_mechanism(ways).is_none() {
            let why = "the mail server offers no log-in that fits the settings";
            return Err(Refused::Line(why.to_owned()));
        }
        let credentials = Credentials::new(login.user.clone(), secret.reveal().to_owned());
        match timed(line.auth(ways, &credentials)).await {
            Ok(_) => Ok(()),
            Err(broken) if broken.is_permanent() || broken.is_client() => Err(Refused::Login(
                format!("the mail server refuses our credentials: {}", broken.in_words()),
            )),
            Err(broken) => Err(Refused::Line(broken.in_words())),
        }
    }

    fn tls(&self) -> Result<TlsParameters, Refused> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let fail = |why: String| Refused::Line(format!("no TLS: {why}"));
        let mut builder = TlsParametersBuilder::new(self.server.host.clone());
        if let Some(path) = &self.server.ca_file {
            let pem = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
            let own = Certificate::from_pem(&pem).map_err(|error| fail(error.to_string()))?;
            builder = builder.add_root_certificate(own);
        }
        let tls = builder.build_rustls().map_err(|error| fail(error.to_string()))?;
        Ok(self.tls.get_or_init(|| tls).clone())
    }
}
