//! Access tokens (RFC 6749): the client's own for Microsoft 365, a person's grant for Gmail.

use super::config::{OauthConfig, Secret};
use super::tls;
use crate::mail_reach::MailReach;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;
use url::form_urlencoded::Serializer;

/// How long the token endpoint may take.
const TIME: Duration = Duration::from_secs(15);
/// The longest answer, in bytes: tokens of Microsoft have some thousands.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// A token is renewed so long before it ends, so that no log-in meets its last second.
const SPARE: Duration = Duration::from_secs(120);
/// What a token lasts when the endpoint does not say.
const LIFE_DEFAULT: u64 = 300;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    /// The endpoint refuses us: a person must act.
    #[error("the token endpoint refuses us: {0}")]
    Refused(String),
    /// It cannot be reached or answers nonsense.
    #[error("the token endpoint is not available: {0}")]
    Unavailable(String),
}

/// Fetches tokens and keeps the last one until shortly before it ends.
pub(super) struct Tokens {
    config: OauthConfig,
    last: Mutex<Option<Token>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Resolves the endpoint's name to what may be connected to.
struct Resolver {
    reach: MailReach,
    port: u16,
}

impl Resolver {
    fn of(config: &OauthConfig) -> Self {
        let port = Url::parse(&config.token_url).ok().and_then(|url| url.port_or_known_default());
        Self { reach: config.reach.clone(), port: port.unwrap_or_default() }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, port) = (self.reach.clone(), self.port);
        Box::pin(async move {
            let found = reach.resolve(name.as_str(), port).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

struct Token {
    text: Secret,
    until: Instant,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    expires_in: Option<u64>,
    error: Option<String>,
}

impl Tokens {
    pub(super) fn new(config: OauthConfig) -> Self {
        Self { config, last: Mutex::new(None) }
    }

    /// A token that is good for now. Whoever asks meanwhile waits for the same answer.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub(super) async fn get(&self) -> Result<Secret, TokenError> {
        let mut last = self.last.lock().await;
        if let Some(token) = last.as_ref().filter(|token| token.until > Instant::now()) {
            return Ok(token.text.clone());
        }
        let token = self.fetch().await?;
        let text = token.text.clone();
        *last = Some(token);
        Ok(text)
    }

    /// Forgets a token that the mail server did not take.
    pub(super) async fn forget(&self, text: &Secret) {
        let mut last = self.last.lock().await;
        if last.as_ref().is_some_and(|token| token.text == *text) {
            *last = None;
        }
    }

    async fn fetch(&self) -> Result<Token, TokenError> {
        let away = |error: reqwest::Error| TokenError::Unavailable(error.without_url().to_string());
        let tls =
            tls::client_config(None).map_err(|error| TokenError::Unavailable(error.to_string()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(Resolver::of(&self.config)))
            .timeout(TIME)
            .build()
            .map_err(away)?;
        let request = client
            .post(&self.config.token_url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(self.form());
        let mut response = request.send().await.map_err(away)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(away)? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                let why = format!("its answer has more than {ANSWER_BYTES_MAX} bytes");
                return Err(TokenError::Unavailable(why));
            }
            body.extend_from_slice(&piece);
        }
        read(status.as_u16(), &body)
    }

    fn form(&self) -> String {
        let config = &self.config;
        let mut form = Serializer::new(String::new());
        form.append_pair("client_id", &config.client_id);
        if !config.client_secret.is_empty() {
            form.append_pair("client_secret", config.client_secret.reveal());
        }
        if !config.scope.is_empty() {
            form.append_pair("scope", &config.scope);
        }
        match &config.refresh_token {
            Some(token) => form
                .append_pair("grant_type", "refresh_token")
                .append_pair("refresh_token", token.reveal()),
            None => form.append_pair("grant_type", "client_credentials"),
        };
        form.finish()
    }
}

fn read(status: u16, body: &[u8]) -> Result<Token, TokenError> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|_error| TokenError::Unavailable(format!("HTTP {status} without JSON")))?;
    match (answer.access_token, answer.error) {
        (Some(text), None) if status == 200 => {
            let life = Duration::from_secs(answer.expires_in.unwrap_or(LIFE_DEFAULT));
            // A token that lasts less than the spare time is used once.
            let until = Instant::now() + life.saturating_sub(SPARE);
            Ok(Token { text: Secret::new(text), until })
        }
        (_, Some(error)) if (400..500).contains(&status) && status != 429 => {
            // The code of RFC 6749, 5.2 (`invalid_grant`), never the description.
            let code = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60);
            Err(TokenError::Refused(code.collect()))
        }
        _ => Err(TokenError::Unavailable(format!("HTTP {status} without a token"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let token = read(200, br#"{"access_token":"t","expires_in":3600}"#).unwrap();
        assert_eq!(token.text.reveal(), "t");
        let refused = read(400, br#"{"error":"invalid_grant","error_description":"li@x.cn"}"#);
        assert!(matches!(refused, Err(TokenError::Refused(code)) if code == "invalid_grant"));
        assert!(matches!(read(503, b"busy"), Err(TokenError::Unavailable(_))));
        assert!(matches!(read(429, br#"{"error":"slow"}"#), Err(TokenError::Unavailable(_))));
    }

    #[test]
    fn the_form_names_the_grant_and_debug_shows_no_secret() {
        let mut config = OauthConfig {
            token_url: "https://login.example/token".to_owned(),
            client_id: "desk".to_owned(),
            client_secret: Secret::new("CANARY&1"),
            scope: "https://outlook.office365.com/.default".to_owned(),
            refresh_token: None,
            reach: MailReach::default(),
        };
        let form = Tokens::new(config.clone()).form();
        assert!(form.contains("grant_type=client_credentials"), "{form}");
        assert!(form.contains("client_secret=CANARY%261"), "{form}");
        config.refresh_token = Some(Secret::new("CANARY-grant"));
        let tokens = Tokens::new(config);
        assert!(tokens.form().contains("grant_type=refresh_token&refresh_token=CANARY-grant"));
        assert!(!format!("{tokens:?}").contains("CANARY"));
    }
}
