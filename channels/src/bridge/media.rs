//! Files that lie at the bridge.

use super::Bridge;
use super::answer::spoken;
use crate::digest::digest;
use crate::error::AdapterError;
use crate::http::CallError;
use crate::standard_webhooks;
use bytes::Bytes;
use reqwest::{Method, RequestBuilder};
use std::time::Duration;
use url::Url;

/// How long fetching one file may take.
const WITHIN: Duration = Duration::from_secs(60);

impl Bridge {
    /// Does this file lie below the bridge's own address? Both are compared as they are called: after
    /// `..` and escapes were resolved.
    pub(super) fn is_own_file(&self, url: &str) -> bool {
        let (Ok(base), Ok(url)) = (Url::parse(&self.config.files_url), Url::parse(url)) else {
            return false;
        };
        let is_plain = url.username().is_empty() && url.password().is_none();
        let folder = format!("{}/", base.path().trim_end_matches('/'));
        is_plain && base.origin() == url.origin() && url.path().starts_with(&folder)
    }

    /// Fetches a file, with a signature over its path and query.
    pub(super) async fn download(
        &self,
        reference: &str,
        bytes_max: usize,
    ) -> Result<Bytes, AdapterError> {
        if !self.config.capabilities.media_in {
            return Err(AdapterError::Unsupported("fetch media"));
        }
        if !self.is_own_file(reference) {
            let why = "the file does not lie at the bridge".to_owned();
            return Err(AdapterError::Malformed(why));
        }
        let url = Url::parse(reference).map_err(|_bad| CallError::NotAllowed)?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let content = format!("{}{query}", url.path());
        let request = self.means.http.request(Method::GET, url.as_str())?;
        let request =
            self.signed(request, &format!("file_{}", digest(&content)), content.as_bytes());
        let answer = match self.means.http.call(request.timeout(WITHIN), bytes_max).await {
            Err(CallError::TooLarge) => {
                return Err(AdapterError::Malformed(format!(
                    "the file has over {bytes_max} bytes"
                )));
            }
            answer => answer?,
        };
        match answer.status {
            200..=299 => Ok(answer.body),
            401 | 403 => Err(AdapterError::Unauthorised),
            429 => Err(AdapterError::RateLimited(spoken(&answer))),
            404 | 410 => Err(AdapterError::Malformed("the file is not there any more".to_owned())),
            status => Err(AdapterError::Unavailable(format!("the bridge says HTTP {status}"))),
        }
    }

    /// A request with the three header fields of Standard Webhooks.
    pub(super) fn signed(
        &self,
        request: RequestBuilder,
        id: &str,
        content: &[u8],
    ) -> RequestBuilder {
        let now_ms = self.means.clock.now().0;
        standard_webhooks::signed(request, &self.config.keys, (id, content), now_ms)
    }
}
