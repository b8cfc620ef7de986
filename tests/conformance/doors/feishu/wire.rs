//! What Feishu's servers put on the wire: frames, and sealed and signed bodies.

use super::KEYS;
use crate::doors::way_out;
use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A header of a frame.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Header {
    #[prost(string, required, tag = "1")]
    pub(crate) key: String,
    #[prost(string, required, tag = "2")]
    pub(crate) value: String,
}

/// A frame of the long connection.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Frame {
    #[prost(uint64, required, tag = "1")]
    pub(crate) seq_id: u64,
    #[prost(uint64, required, tag = "2")]
    pub(crate) log_id: u64,
    #[prost(int32, required, tag = "3")]
    pub(crate) service: i32,
    #[prost(int32, required, tag = "4")]
    pub(crate) method: i32,
    #[prost(message, repeated, tag = "5")]
    pub(crate) headers: Vec<Header>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub(crate) payload: Option<Vec<u8>>,
}

impl Frame {
    pub(crate) fn with(method: i32, headers: &[(&str, &str)], payload: &[u8]) -> Self {
        let header = |(key, value): &(&str, &str)| Header {
            key: String::from(*key),
            value: String::from(*value),
        };
        Self {
            seq_id: 7,
            log_id: 8,
            service: 33_554_678,
            method,
            headers: headers.iter().map(header).collect(),
            payload: Some(payload.to_vec()),
        }
    }

    pub(crate) fn header(&self, key: &str) -> &str {
        let found = self.headers.iter().find(|header| header.key == key);
        found.map_or("", |header| header.value.as_str())
    }
}

/// An event as Feishu seals it.
pub(crate) fn sealed(event: &Value) -> Vec<u8> {
    let iv = *b"0123456789abcdef";
    let key = Sha256::digest(KEYS.0);
    let sealer = Encryptor::<Aes256>::new_from_slices(&key, &iv).unwrap();
    let sealed = sealer.encrypt_padded_vec::<Pkcs7>(event.to_string().as_bytes());
    let whole = STANDARD.encode([&iv[..], &sealed].concat());
    json!({ "encrypt": whole }).to_string().into_bytes()
}

/// The headers with which Feishu signs a body.
pub(crate) fn signed(body: &[u8]) -> Vec<(String, Bytes)> {
    let (time, nonce) = (way_out::means().clock.now().0 / 1_000, "n0nce");
    let head = format!("{time}{nonce}{}", KEYS.0);
    let digest = Sha256::digest([head.as_bytes(), body].concat());
    let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![
        ("x-lark-request-timestamp".to_owned(), time.to_string().into()),
        ("x-lark-request-nonce".to_owned(), nonce.into()),
        ("x-lark-signature".to_owned(), signature.into()),
    ]
}
