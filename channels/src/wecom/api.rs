//! Calls to WeCom: every one carries an access token in its query, which all gateways share.

use super::config::Account;
use super::said::{Failure, Meaning, Said};
use crate::error::AdapterError;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::means::Means;
use crate::secret::Secret;
use crate::token;
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;
use url::form_urlencoded::Serializer;

/// What a token lasts when the network does not say: less than the two hours that are usual.
const LIFE_DEFAULT: u64 = 3_600;

/// The network, for one app.
#[derive(Clone)]
pub(super) struct Api {
    account: Account,
    means: Means,
    /// Under which the token lies on the shelf: another secret has another token.
    token_name: String,
}

/// What is asked.
struct Question<'a> {
    method: Method,
    path: &'a str,
    query: &'a [(&'a str, &'a str)],
    /// The content type and the body.
    body: Option<(String, Bytes)>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Api {
    pub(super) fn new(account: Account, means: Means) -> Self {
        let parts = [&account.api_url, &account.corp_id, account.secret.reveal()];
        let digest = Sha256::digest(parts.join("\n"));
        let token_name = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { account, means, token_name }
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn means(&self) -> &Means {
        &self.means
    }

    /// Asks for something.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let question = Question { method: Method::GET, path, query, body: None };
        read(&self.ask(&question, ANSWER_BYTES_MAX).await?)
    }

    /// Gives something.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, Failure> {
        self.post_for(path, body, ANSWER_BYTES_MAX).await
    }

    /// Gives something, and takes an answer of at most so many bytes.
    pub(super) async fn post_for<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        bytes_max: usize,
    ) -> Result<T, Failure> {
        let body = Some(("application/json".to_owned(), Bytes::from(body.to_string())));
        let question = Question { method: Method::POST, path, query: &[], body };
        read(&self.ask(&question, bytes_max).await?)
    }

    /// Gives a form.
    pub(super) async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: (String, Bytes),
    ) -> Result<T, Failure> {
        let question = Question { method: Method::POST, path, query, body: Some(body) };
        read(&self.ask(&question, ANSWER_BYTES_MAX).await?)
    }

    /// Fetches a file, at most so many bytes of it.
    pub(super) async fn download(
        &self,
        path: &str,
        query: &[(&str, &str)],
        bytes_max: usize,
    ) -> Result<Bytes, Failure> {
        let question = Question { method: Method::GET, path, query, body: None };
        Ok(self.ask(&question, bytes_max).await?.body)
    }

    /// Asks with the token, and once more with a new one when the network does not take it.
    async fn ask(&self, question: &Question<'_>, bytes_max: usize) -> Result<Answer, Failure> {
        let token = self.token(None).await?;
        let refused = match self.ask_with(&token, question, bytes_max).await {
            Err(Failure::Said(said)) if said.meaning() == Meaning::Token => token,
            other => return other,
        };
        let token = self.token(Some(&refused)).await?;
        self.ask_with(&token, question, bytes_max).await
    }

    async fn ask_with(
        &self,
        token: &Secret,
        question: &Question<'_>,
        bytes_max: usize,
    ) -> Result<Answer, Failure> {
        let token = [("access_token", token.reveal())];
        let url = self.url(question.path, token.iter().chain(question.query));
        let mut request = self.means.http.request(question.method.clone(), &url)?;
        if let Some((content_type, body)) = &question.body {
            request = request.header(CONTENT_TYPE, content_type).body(body.clone());
        }
        checked(self.means.http.call(request, bytes_max).await?)
    }

    fn url<'a>(&self, path: &str, pairs: impl Iterator<Item = &'a (&'a str, &'a str)>) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(pairs);
        format!("{}/cgi-bin/{path}?{}", self.account.api_url, query.finish())
    }

    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Failure> {
        // What went wrong in detail: people have to read it, and the errors of a door have no room.
        let mut failure = None;
        let fetch = async || {
            self.fetch_token().await.map_err(|error| {
                let words = AdapterError::Unavailable(error.to_string());
                failure = Some(error);
                words
            })
        };
        let token = token::shared(&self.means, &self.token_name, refused, fetch).await;
        token.map_err(|error| match (failure, error) {
            // A call for a token changes nothing, however it ended.
            (Some(Failure::Call(error)), _) => Failure::NoToken(error.to_string()),
            (Some(failure), _) => failure,
            (None, error) => Failure::NoToken(error.to_string()),
        })
    }

    /// A new token, and how long it lasts.
    pub(super) async fn fetch_token(&self) -> Result<(Secret, Duration), Failure> {
        let account = &self.account;
        let needed = [
            ("api_url", account.api_url.is_empty()),
            ("corp_id", account.corp_id.is_empty()),
            ("secret", account.secret.is_empty()),
        ];
        if let Some((name, _)) = needed.into_iter().find(|(_, is_missing)| *is_missing) {
            return Err(Failure::Missing(name));
        }
        let who = [("corpid", &*account.corp_id), ("corpsecret", account.secret.reveal())];
        let url = self.url("gettoken", who.iter());
        let request = self.means.http.request(Method::GET, &url)?;
        let answer = checked(self.means.http.call(request, ANSWER_BYTES_MAX).await?)?;
        let answer: TokenAnswer = read(&answer)?;
        match answer.access_token.filter(|token| !token.is_empty()) {
            None => Err(CallError::Nonsense("there is no token in it".to_owned()).into()),
            Some(token) => {
                let life = Duration::from_secs(answer.expires_in.unwrap_or(LIFE_DEFAULT));
                Ok((Secret::new(token), life))
            }
        }
    }
}

/// An answer that is in order. A file comes with its name in a header; everything else is JSON.
fn checked(answer: Answer) -> Result<Answer, Failure> {
    match answer.status {
        200..300 => {}
        // Turned away before the network: proxies, limits. Others may have passed it on.
        status @ (300..500 | 503) => return Err(Failure::Turned(status)),
        status => return Err(CallError::Nonsense(format!("HTTP {status}")).into()),
    }
    if is_file(&answer) {
        return Ok(answer);
    }
    let said: Said = answer.json()?;
    if said.is_ok() { Ok(answer) } else { Err(Failure::Said(said)) }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    Ok(answer.json()?)
}

/// Refusals are JSON, which older parts of the network call plain text.
fn is_file(answer: &Answer) -> bool {
    let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_text = |found: &str| found.starts_with("application/json") || found.starts_with("text/");
    answer.headers.contains_key(CONTENT_DISPOSITION)
        || content_type.is_some_and(|found| !is_text(found))
}
