//! The mail door against a real IMAP server (Dovecot) and a real mail server (Exim).
//!
//! The other doors' far ends are made up and obey the test; here they are what the world runs. So the
//! same promises are checked by tests of their own.

mod delivered;
mod desk;
mod keeper;
mod lines;
mod mailbox;
mod origin;
mod sent;
mod troubles;

use channels::{Action, AdapterError, ChannelAdapter as _, Outcome};
use desk::Desk;
use keeper::Keeper;
use tokio_util::sync::CancellationToken;

use crate::everyone::{command, says};

#[tokio::test]
async fn without_settings_it_opens_does_nothing_and_says_why() {
    let adapter = Desk::adapter(serde_json::json!({}));
    let (inlet, _keeper) = Keeper::open(&adapter);
    adapter.run(inlet, CancellationToken::new()).await.unwrap();
    let outcome = adapter.deliver(&command("c1", says("hello"))).await;
    assert!(matches!(&outcome, Outcome::Rejected(why) if why.contains("smtp")), "{outcome:?}");
}

#[tokio::test]
async fn what_mail_cannot_do_is_refused_for_good() {
    let adapter = Desk::adapter(serde_json::json!({}));
    let outcome = adapter.deliver(&command("c1", Action::Typing)).await;
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    let fetched = adapter.fetch_media("x", 1).await;
    assert!(matches!(fetched, Err(AdapterError::Unsupported(_))), "{fetched:?}");
}

#[test]
fn no_secret_is_shown() {
    let secret = "CANARY-of-mail";
    let server =
        |user: &str| serde_json::json!({ "host": "mx.test", "user": user, "password": secret });
    let adapter = Desk::adapter(serde_json::json!({
        "address": "help@desk.test",
        "imap": server("CANARY-user"),
        "smtp": server("CANARY-user"),
        "oauth": { "token_url": "https://login.test/token", "client_id": "x", "client_secret": secret },
    }));
    let shown = format!("{adapter:?}");
    assert!(!shown.contains("CANARY"), "{shown}");
}
