//! Google's service account: the JSON file that the console gives for a project.

use super::key::RsaKey;
use serde_json::Value;
use url::Url;

/// Where Google gives access tokens, unless the file says otherwise.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// The longest name in the file, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Who pushes, and for which project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceAccount {
    /// The project; part of the address that is called.
    pub(super) project: String,
    /// The account's address.
    pub(super) email: String,
    /// Which of the account's keys it is; empty when the file does not say.
    pub(super) key_id: String,
    /// The key.
    pub(super) key: RsaKey,
    /// Where access tokens are given.
    pub(super) token_uri: String,
}

impl ServiceAccount {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, without anything that stands in it.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let file: Value = serde_json::from_str(text)
            .map_err(|_bad| "is not the JSON file of a service account")?;
        let word = |key: &str| {
            let word = file.get(key).and_then(Value::as_str).unwrap_or_default();
            Some(word.to_owned()).filter(|word| word.len() <= NAME_BYTES_MAX)
        };
        if word("type").as_deref() != Some("service_account") {
            return Err("is no service account (its `type` says so)");
        }
        let project = word("project_id").filter(|project| is_project(project));
        let email = word("client_email").filter(|email| email.contains('@'));
        let token_uri =
            word("token_uri").map(|uri| if uri.is_empty() { TOKEN_URI.to_owned() } else { uri });
        let token_uri = token_uri.filter(|uri| is_address(uri));
        let key = file.get("private_key").and_then(Value::as_str).unwrap_or_default();
        Ok(Self {
            project: project.ok_or("has no `project_id`")?,
            email: email.ok_or("has no `client_email`")?,
            key_id: word("private_key_id").ok_or("has too long a `private_key_id`")?,
            key: RsaKey::read(key).map_err(|_bad| "has no `private_key` (RSA, PEM)")?,
            token_uri: token_uri.ok_or("has a `token_uri` that is no web address")?,
        })
    }
}

/// A project's name, `city-desk-42`, or the older `city.cn:desk`.
fn is_project(text: &str) -> bool {
    let is_of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':');
    !text.is_empty() && text.bytes().all(is_of_name) && !text.starts_with('.')
}

fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}
