//! Files at the homeserver (specification, "Content repository"; behind the token since v1.11).

use super::Matrix;
use super::api::{As, Refusal, well};
use super::config::{ID_BYTES_MAX, is_server_name};
use crate::error::AdapterError;
use crate::http::CallError;
use crate::outbound::OutgoingFile;
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

/// The server and the file's name on it, out of `mxc://server/name`.
fn parts(reference: &str) -> Option<(&str, &str)> {
    let (server, name) = reference.strip_prefix("mxc://")?.split_once('/')?;
    let is_known = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let is_name = !name.is_empty() && name.len() <= ID_BYTES_MAX && name.bytes().all(is_known);
    (is_server_name(server) && is_name).then_some((server, name))
}

/// Is it the address of a file at a homeserver?
pub(super) fn is_reference(reference: &str) -> bool {
    parts(reference).is_some()
}

impl Matrix {
    /// Fetches a file by `mxc://server/name` from our own homeserver, which fetches it from the others.
    pub(super) async fn download(
        &self,
        reference: &str,
        bytes_max: usize,
    ) -> Result<Bytes, AdapterError> {
        if let Some(missing) = self.config.missing() {
            return Err(AdapterError::Unavailable(format!("{missing} is missing")));
        }
        let bad =
            || AdapterError::Malformed("not the address of a file at a homeserver".to_owned());
        let (server, name) = parts(reference).ok_or_else(bad)?;
        let path = ["_matrix", "client", "v1", "media", "download", server, name];
        match self.file_at(&path, bytes_max).await {
            // Homeservers before v1.11 do not know this path.
            Err(Refusal::Said { status: 404, code, .. }) if code == "M_UNRECOGNIZED" => {
                let path = ["_matrix", "media", "v3", "download", server, name];
                fetched(self.file_at(&path, bytes_max).await, bytes_max)
            }
            other => fetched(other, bytes_max),
        }
    }

    async fn file_at(&self, path: &[&str], bytes_max: usize) -> Result<Bytes, Refusal> {
        let request = self.request(As::User, Method::GET, path)?;
        let answer = self.means.http.call(request, bytes_max).await?;
        Ok(well(&answer)?.body.clone())
    }

    /// Lays a file down at the homeserver; its `mxc://` address. Nobody sees it before an event names it.
    pub(super) async fn upload(&self, file: &OutgoingFile) -> Result<String, Refusal> {
        let path = ["_matrix", "media", "v3", "upload"];
        let request = self
            .request_with(As::User, Method::POST, &path, &[("filename", &file.file.name)])?
            .header(CONTENT_TYPE, &file.file.media_type)
            .body(file.bytes.clone());
        let told = self.ask(request, None).await?;
        let address = told.get("content_uri").and_then(Value::as_str).unwrap_or_default();
        if is_reference(address) {
            return Ok(address.to_owned());
        }
        Err(CallError::Nonsense("the upload has no address".to_owned()).into())
    }
}

fn fetched(file: Result<Bytes, Refusal>, bytes_max: usize) -> Result<Bytes, AdapterError> {
    file.map_err(|refusal| match refusal {
        Refusal::Call(CallError::TooLarge) => {
            AdapterError::Malformed(format!("the file has over {bytes_max} bytes"))
        }
        other => other.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_files_are_fetched() {
        assert_eq!(parts("mxc://city.example:8448/AbC_-1"), Some(("city.example:8448", "AbC_-1")));
        for bad in [
            "https://city.example/a",
            "mxc://city.example",
            "mxc://city.example/",
            "mxc:///a",
            "mxc://city.example/../whoami",
            "mxc://city.example/a?b",
            "mxc://city/example/a",
            "mxc://127.0.0.1@x/a",
        ] {
            assert!(!is_reference(bad), "{bad}");
        }
    }
}
