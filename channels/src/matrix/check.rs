//! Tries the settings at the homeserver, and the way back from there.

use super::Matrix;
use super::api::{As, Refusal, well};
use crate::adapter::{Finding, Passed};
use crate::http::{ANSWER_BYTES_MAX, Answer};
use domain::limits::FILE_BYTES_MAX;
use reqwest::Method;
use serde_json::{Value, json};

/// What we answer a homeserver whose token is not the one that we know.
const REFUSED: u64 = 403;

impl Matrix {
    /// Whom the homeserver takes us for.
    pub(super) async fn who_are_we(&self) -> Result<String, Refusal> {
        let path = ["_matrix", "client", "v3", "account", "whoami"];
        let told = self.call(Method::GET, &path, None).await?;
        Ok(told.get("user_id").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Every point that can be tried without a word to anybody.
    pub(super) async fn try_settings(&self) -> Vec<Finding> {
        if let Some(missing) = self.config.missing() {
            return vec![Finding::no("credentials", format!("{missing} is missing"))];
        }
        let connection = self.try_connection().await;
        if connection.passed == Passed::No {
            return vec![connection];
        }
        let mut findings = vec![connection];
        if let Err(refusal) = self.ensure_user().await {
            findings.push(Finding::no("credentials", of_as_token(&refusal)));
            return findings;
        }
        let identity = self.try_identity().await;
        if identity.passed == Passed::No {
            // What follows would be refused for the same reason, and look like another one.
            findings.push(identity);
            return findings;
        }
        let upload = self.try_upload().await;
        let (callback, refused) = self.try_callback().await;
        findings.extend([refused.unwrap_or(identity), upload, callback]);
        findings
    }

    async fn try_connection(&self) -> Finding {
        let versions =
            match self.request(As::Nobody, Method::GET, &["_matrix", "client", "versions"]) {
                Ok(request) => self.ask(request, None).await,
                Err(refusal) => Err(refusal),
            };
        match versions {
            Ok(told) => {
                let newest =
                    told.get("versions").and_then(Value::as_array).and_then(|all| all.last());
                let newest = newest.and_then(Value::as_str).unwrap_or("an unknown version");
                Finding::yes("connection", format!("Matrix {newest}"))
            }
            Err(refusal) => Finding::no("connection", refusal.told()),
        }
    }

    async fn try_identity(&self) -> Finding {
        match self.who_are_we().await {
            Ok(user) if self.own.contains(&user) => Finding::yes("credentials", user),
            Ok(user) => Finding::no("credentials", format!("the homeserver takes us for {user}")),
            Err(refusal) => Finding::no("credentials", of_as_token(&refusal)),
        }
    }

    async fn try_upload(&self) -> Finding {
        let path = ["_matrix", "client", "v1", "media", "config"];
        match self.call(Method::GET, &path, None).await {
            Ok(told) => match told.get("m.upload.size").and_then(Value::as_u64) {
                Some(bytes) if bytes < FILE_BYTES_MAX as u64 => {
                    let detail = format!("files over {bytes} bytes are refused by the homeserver");
                    Finding::yes("permissions", detail)
                }
                _ => Finding::yes("permissions", ""),
            },
            Err(refusal) => Finding::unknown("permissions", refusal.told()),
        }
    }

    /// The homeserver calls us, with its own token (specification v1.7). One that had given up for a
    /// while begins again with this. It may reach us with a token that we refuse: that is no matter of
    /// the way, but of the credentials, and is told beside.
    async fn try_callback(&self) -> (Finding, Option<Finding>) {
        let id = self.config.appservice.as_str();
        let path = ["_matrix", "client", "v1", "appservice", id, "ping"];
        let body = json!({ "transaction_id": "check" });
        let (told, our_status) = match self.ping(&path, &body).await {
            Ok(answer) => {
                let said: Value = answer.json().unwrap_or_default();
                (
                    well(&answer).map(|_good| said.clone()),
                    said.get("status").and_then(Value::as_u64),
                )
            }
            Err(refusal) => (Err(refusal), None),
        };
        let callback = match told {
            Ok(told) => {
                let ms = told.get("duration_ms").and_then(Value::as_u64).unwrap_or_default();
                Finding::yes("callback", format!("the homeserver reached us in {ms} ms"))
            }
            Err(refusal) if refusal.is("M_UNRECOGNIZED") => {
                let detail = "the homeserver is older than Matrix v1.7 and cannot be asked";
                Finding::unknown("callback", detail)
            }
            Err(refusal) if refusal.has_status(403) => {
                let detail = format!(
                    "the registration's id is not `{id}` (settings.appservice): {}",
                    refusal.told()
                );
                Finding::no("callback", detail)
            }
            Err(refusal) if refusal.is("M_BAD_STATUS") && our_status == Some(REFUSED) => {
                let detail = format!(
                    "wrong token: hs_token here is not the one in the registration: {}",
                    refusal.told()
                );
                let reached = Finding::yes("callback", "the homeserver reached us");
                return (reached, Some(Finding::no("credentials", detail)));
            }
            Err(refusal) => Finding::no("callback", refusal.told()),
        };
        (callback, None)
    }

    async fn ping(&self, path: &[&str], body: &Value) -> Result<Answer, Refusal> {
        let request = self.request(As::User, Method::POST, path)?.json(body);
        Ok(self.means.http.call(request, ANSWER_BYTES_MAX).await?)
    }
}

/// A token that the homeserver does not take, in words.
fn of_as_token(refusal: &Refusal) -> String {
    if !refusal.has_status(401) {
        return refusal.told();
    }
    format!(
        "wrong token: the homeserver does not know this as_token; is it the one in the registration, and \
         was the homeserver started since? {}",
        refusal.told()
    )
}
