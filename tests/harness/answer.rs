//! An HTTP answer, already compared with the published description.

use serde_json::Value;
use std::fmt;

/// What a call gave.
#[derive(Clone)]
pub struct Answer {
    /// What was asked: method and path.
    pub asked: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The body, or null when it is no JSON.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Panics
    /// When it is none.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// Checks that it is a problem with this status and a code, as RFC 9457 wants it, and gives the code.
    ///
    /// # Panics
    /// When it is none, or another.
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        for text in ["type", "title", "detail"] {
            assert!(self.body[text].is_string(), "no `{text}` in {self:?}");
        }
        self.body["code"].as_str().unwrap_or_else(|| panic!("no code in {self:?}")).to_owned()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.bytes);
        write!(f, "{} → {} {}", self.asked, self.status, text.chars().take(600).collect::<String>())
    }
}
