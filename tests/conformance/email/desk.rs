//! A desk with its mailbox, running as the gateway runs it.

use super::keeper::Keeper;
use channels::email::{self, EmailAdapter};
use channels::{AdapterError, ChannelAdapter as _, Inlet};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tests::mail_server::{MailServer, PASSWORD};
use tests::name_server::NameServer;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The desk's address.
pub(super) const DESK: &str = "help@desk.test";

/// A desk with a mail server.
pub(super) struct Desk {
    pub(super) server: MailServer,
    pub(super) names: NameServer,
    pub(super) folder: TempDir,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The servers run as somebody else where the tests run as root.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), mode).unwrap();
        let server = MailServer::start(&folder.path().join("dovecot")).await;
        Self { server, names: NameServer::start().await, folder }
    }

    /// A door with these settings.
    pub(super) fn adapter(settings: Value) -> Arc<EmailAdapter> {
        Arc::new(EmailAdapter::open(&channel(settings), &channels::MailReach::anywhere()).unwrap())
    }

    /// A door to the desk's mailbox, with these settings of `imap` beside the usual ones.
    pub(super) fn mailbox(&self, more: &Value) -> Arc<EmailAdapter> {
        self.mailbox_at(self.server.imap_port(), more)
    }

    /// The same through another port.
    pub(super) fn mailbox_at(&self, port: u16, more: &Value) -> Arc<EmailAdapter> {
        let mut imap = json!({
            "host": "127.0.0.1", "port": port, "security": "plain", "user": DESK,
            "password": PASSWORD, "poll_secs": 3600,
        });
        let more = more.as_object().unwrap().clone();
        imap.as_object_mut().unwrap().extend(more);
        let dns = json!([self.names.address()]);
        Self::adapter(json!({ "address": DESK, "imap": imap, "dns": dns }))
    }

    /// A letter arrives in the desk's mailbox.
    pub(super) async fn hears(&self, subject: &str) {
        self.server.deliver(DESK, &letter(subject, "hello")).await;
    }
}

/// A plain letter.
pub(super) fn letter(subject: &str, text: &str) -> String {
    let id = subject.replace(' ', "-");
    format!(
        "From: li@agency.test\r\nTo: {DESK}\r\nSubject: {subject}\r\n\
         Message-ID: <{id}@agency.test>\r\nDate: Thu, 26 Nov 2026 08:00:00 +0800\r\n\r\n{text}\r\n"
    )
}

fn channel(settings: Value) -> Channel {
    Channel {
        id: "mail".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Email,
        adapter: email::ADAPTER.to_owned(),
        audience: Audience::Agency,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

/// A door that is kept running: again whenever it could not go on.
pub(super) struct Running {
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Running {
    pub(super) fn start(adapter: &Arc<EmailAdapter>, inlet: &Inlet) -> Self {
        let (adapter, inlet, stop) = (adapter.clone(), inlet.clone(), CancellationToken::new());
        let (token, mut task) = (stop.clone(), JoinSet::new());
        task.spawn(async move {
            while !token.is_cancelled() {
                if adapter.run(inlet.clone(), token.clone()).await.is_err() {
                    tokio::task::yield_now().await;
                }
            }
        });
        Self { stop, task }
    }

    /// Ends it, within a time.
    pub(super) async fn ends(mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.task.join_next()).await;
        assert!(matches!(ended, Ok(Some(Ok(())))), "it did not stop when asked: {ended:?}");
    }
}

/// Runs a door once, until it cannot go on.
pub(super) async fn run_once(adapter: &Arc<EmailAdapter>) -> Result<(), AdapterError> {
    let (inlet, _keeper) = Keeper::open(adapter);
    let running = adapter.run(inlet, CancellationToken::new());
    tokio::time::timeout(Duration::from_secs(20), running).await.unwrap()
}
