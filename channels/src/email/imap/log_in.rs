//! Getting into a mailbox: TLS, and who we are.

use super::line::{ANSWER_TIME, Fault, lost, shown, silent};
use crate::email::config::{ImapConfig, Login, Proof, Secret, Security};
use crate::email::oauth::{TokenError, Tokens};
use crate::email::tls;
use async_imap::imap_proto::{Response, Status};
use async_imap::{Client, Session, error::Error};

/// Connects, protects the line and logs in.
pub(super) async fn log_in(
    imap: &ImapConfig,
    tokens: Option<&Tokens>,
) -> Result<Session<Box<dyn tls::Line>>, Fault> {
    let server = &imap.server;
    let mut client = Client::new(tls::open(server).await?);
    greet(&mut client).await?;
    if server.security == Security::StartTls {
        let asking = client.run_command_and_check_ok("STARTTLS", None);
        let refused = |_refused| Fault::Lost("the mailbox refuses STARTTLS".to_owned());
        tokio::time::timeout(ANSWER_TIME, asking)
            .await
            .map_err(|_late| silent())?
            .map_err(refused)?;
        // What was said before TLS is forgotten with the client: nobody can have slipped in answers.
        client = Client::new(tls::protect(client.into_inner(), server).await?);
    }
    let Some(login) = &server.login else {
        return Err(Fault::Login("there is no user in the settings".to_owned()));
    };
    let secret = match (&login.proof, tokens) {
        (Proof::Password(password), _) => password.clone(),
        (Proof::Token, Some(tokens)) => tokens.get().await.map_err(|error| match error {
            TokenError::Refused(_) => Fault::Login(error.to_string()),
            TokenError::Unavailable(_) => Fault::Lost(error.to_string()),
        })?,
        (Proof::Token, None) => return Err(Fault::Login("there are no tokens".to_owned())),
    };
    let entered = tokio::time::timeout(ANSWER_TIME, enter(client, login, &secret)).await;
    let entered = entered.map_err(|_late| silent())?;
    if let (Err(Fault::Login(_)), Proof::Token, Some(tokens)) = (&entered, &login.proof, tokens) {
        tokens.forget(&secret).await;
    }
    entered
}

async fn greet(client: &mut Client<Box<dyn tls::Line>>) -> Result<(), Fault> {
    let greeting = tokio::time::timeout(ANSWER_TIME, client.read_response()).await;
    let greeting = greeting.map_err(|_late| silent())?.map_err(|error| lost(&Error::Io(error)))?;
    match greeting.as_ref().map(|greeting| greeting.parsed()) {
        Some(Response::Data { status: Status::Ok, .. }) => Ok(()),
        _ => Err(Fault::Lost("the mailbox did not greet us".to_owned())),
    }
}

async fn enter(
    client: Client<Box<dyn tls::Line>>,
    login: &Login,
    secret: &Secret,
) -> Result<Session<Box<dyn tls::Line>>, Fault> {
    let entered = match login.proof {
        Proof::Password(_) => client.login(&login.user, secret.reveal()).await,
        Proof::Token => {
            let words = format!("user={}\x01auth=Bearer {}\x01\x01", login.user, secret.reveal());
            client.authenticate("XOAUTH2", Bearer(Some(words))).await
        }
    };
    entered.map_err(|(error, _client)| refusal(&error, &login.user))
}

/// What a refused log-in means: for good, or because the server cannot just then (RFC 5530).
fn refusal(error: &Error, user: &str) -> Fault {
    let (Error::No(words) | Error::Bad(words)) = error else { return lost(error) };
    let said = words.to_uppercase();
    let passing = ["UNAVAILABLE", "INUSE", "[LIMIT]", "TOO MANY", "TRY AGAIN", "TEMPORAR"];
    let words = shown(&words.replace(user, "…"));
    match passing.iter().any(|word| said.contains(word)) {
        true => Fault::Lost(format!("the mailbox cannot let us in now: {words}")),
        false => Fault::Login(words),
    }
}

/// XOAUTH2: the token first; a refusal comes as a challenge that wants an empty line.
struct Bearer(Option<String>);

impl async_imap::Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.0.take().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_imap::Authenticator as _;

    #[test]
    fn the_challenge_of_a_refused_token_is_answered_with_an_empty_line() {
        let mut bearer = Bearer(Some("user=a".to_owned()));
        assert_eq!(bearer.process(b""), "user=a");
        assert_eq!(bearer.process(b"{\"status\":\"400\"}"), "");
    }

    #[test]
    fn a_refusal_for_now_is_told_from_one_for_good() {
        let busy = Error::No("code: None, info: Some(\"[UNAVAILABLE] later\")".to_owned());
        assert!(matches!(refusal(&busy, "li@x.cn"), Fault::Lost(_)));
        let wrong = Error::No("LOGIN Login error for li@x.cn".to_owned());
        let Fault::Login(words) = refusal(&wrong, "li@x.cn") else { panic!("not a login fault") };
        assert!(!words.contains("li@x.cn"), "{words}");
    }
}
