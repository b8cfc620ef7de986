//! Files: as temporary material (临时素材, documents 90253 and 90254), which the network keeps for
//! three days.

use super::api::Api;
use super::said::{Failure, Meaning};
use crate::error::AdapterError;
use crate::http::CallError;
use crate::outbound::{Outcome, OutgoingFile};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;

const MIB: usize = 1024 * 1024;
/// The smallest file that the network takes, in bytes.
const BYTES_MIN: usize = 6;
/// The largest file of any sort, in bytes.
pub(super) const BYTES_MAX: usize = 20 * MIB;
/// The largest picture and film, in bytes; larger ones go as files.
const SHOWN_BYTES_MAX: usize = 10 * MIB;
/// The largest voice message, in bytes.
const VOICE_BYTES_MAX: usize = 2 * MIB;
/// The longest name of a file, in characters.
const NAME_CHARS_MAX: usize = 120;

/// A file that lies at the network.
pub(super) struct Uploaded {
    /// `image`, `voice`, `video` or `file`.
    pub(super) kind: &'static str,
    pub(super) media_id: String,
}

#[derive(Deserialize)]
struct UploadAnswer {
    media_id: String,
}

/// As what a file is sent.
fn kind(media_type: &str, bytes: usize) -> &'static str {
    match media_type {
        "image/jpeg" | "image/png" if bytes <= SHOWN_BYTES_MAX => "image",
        "audio/amr" if bytes <= VOICE_BYTES_MAX => "voice",
        "video/mp4" if bytes <= SHOWN_BYTES_MAX => "video",
        _ => "file",
    }
}

/// Brings a file to the network; nobody sees it yet.
pub(super) async fn upload(api: &Api, file: &OutgoingFile) -> Result<Uploaded, Outcome> {
    let length = file.bytes.len();
    if !(BYTES_MIN..=BYTES_MAX).contains(&length) {
        let why = format!("WeCom takes files of {BYTES_MIN} to {BYTES_MAX} bytes, not {length}");
        return Err(Outcome::Rejected(why));
    }
    let kind = kind(&file.file.media_type, length);
    let answer = api.upload("media/upload", &[("type", kind)], form(file)).await;
    match answer {
        Ok(UploadAnswer { media_id }) => Ok(Uploaded { kind, media_id }),
        Err(Failure::Call(error)) if error != CallError::NotAllowed => {
            Err(Outcome::Unavailable(error.to_string()))
        }
        Err(failure) => Err(failure.outcome()),
    }
}

/// A form with one file (RFC 7578). Names go as they are in UTF-8: the network does not know any of the
/// ways to escape them.
fn form(file: &OutgoingFile) -> (String, Bytes) {
    let boundary = format!("hutong-{:032x}", rand::random::<u128>());
    let is_safe = |c: char| !c.is_control() && !matches!(c, '"' | '\\' | '/');
    let name = file.file.name.chars().map(|c| if is_safe(c) { c } else { '_' });
    let name: String = name.take(NAME_CHARS_MAX).collect();
    let (name, length) = (if name.is_empty() { "file" } else { &name }, file.bytes.len());
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"; \
         filelength={length}\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    let mut body = BytesMut::with_capacity(head.len() + length + boundary.len() + 8);
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&file.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.freeze())
}

/// Fetches a file that somebody sent.
pub(super) async fn fetch(
    api: &Api,
    media_id: &str,
    bytes_max: usize,
) -> Result<Bytes, AdapterError> {
    match api.download("media/get", &[("media_id", media_id)], bytes_max).await {
        Ok(bytes) => Ok(bytes),
        Err(Failure::Call(CallError::TooLarge)) => {
            Err(AdapterError::Malformed(format!("the file has more than {bytes_max} bytes")))
        }
        // It was never there, or its three days are over.
        Err(Failure::Said(said)) if said.meaning() == Meaning::Refused => {
            Err(AdapterError::Malformed(said.words()))
        }
        Err(failure) => Err(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::FileRef;

    #[test]
    fn a_file_goes_as_what_the_network_takes() {
        assert_eq!(kind("image/png", SHOWN_BYTES_MAX), "image");
        assert_eq!(kind("image/png", SHOWN_BYTES_MAX + 1), "file");
        assert_eq!(kind("image/webp", 10), "file");
        assert_eq!(kind("audio/amr", VOICE_BYTES_MAX), "voice");
        assert_eq!(kind("audio/mpeg", 10), "file");
        assert_eq!(kind("video/mp4", 10), "video");
    }

    #[test]
    fn a_name_cannot_break_the_form() {
        let file = FileRef {
            id: "file_1".parse().expect("an id"),
            name: "证明\"\r\nX: 1/..\\a.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: 9,
            pending: false,
        };
        let (_, body) = form(&OutgoingFile { file, bytes: Bytes::from_static(b"%PDF-1.7\n") });
        let body = String::from_utf8(body.to_vec()).expect("text");
        let (head, content) = body.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains("filename=\"证明___X: 1_.._a.pdf\"; filelength=9"), "{head}");
        assert!(content.starts_with("%PDF-1.7\n\r\n--hutong-"), "{content}");
    }
}
