//! HTTP mode: Feishu calls us with each event.
//!
//! With an Encrypt Key the body is `{"encrypt": …}` (AES-256-CBC, the key is the SHA-256 of the Encrypt
//! Key, the first block is the IV) and `X-Lark-Signature` is the SHA-256 of time, nonce, key and body;
//! the signature is checked first, over the raw bytes. Only the question whether the address is ours
//! (`url_verification`) comes unsigned, and is answered when it is encrypted and holds our token. Without
//! an Encrypt Key the Verification Token in the body is all there is: a sender is only claimed then.
//! Source: open.feishu.cn, 配置 Encrypt Key, 安全校验.

use super::Feishu;
use crate::adapter::{Inlet, RawReply, RawRequest};
use crate::error::AdapterError;
use crate::inbound::Assurance;
use crate::refusal::text;
use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How far the time of a call may be from ours, in milliseconds.
const CLOCK_MS_MAX: u64 = 5 * 60_000;
/// The length of a block, in bytes.
const BLOCK: usize = 16;

impl Feishu {
    pub(super) async fn called_back(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        let (event, assurance) = self.opened(request)?;
        if text(&event, "type") == "url_verification" {
            let challenge = text(&event, "challenge");
            return Ok(RawReply::json(200, &json!({ "challenge": challenge })));
        }
        let reply = self.take_in(&event, assurance, inlet).await?;
        Ok(RawReply::json(200, &reply.unwrap_or_else(|| json!({}))))
    }

    /// The event of an authentic request.
    fn opened(&self, request: &RawRequest) -> Result<(Value, Assurance), AdapterError> {
        let config = &self.api.config;
        if config.encrypt_key.is_empty() {
            // Whoever does not know the token learns nothing of what else is wrong.
            let event: Value = serde_json::from_slice(&request.body)
                .map_err(|_unreadable| AdapterError::NotAuthentic)?;
            self.has_token(&event).ok_or(AdapterError::NotAuthentic)?;
            return Ok((event, Assurance::Claimed));
        }
        let key = config.encrypt_key.reveal();
        if self.is_signed(request, key) {
            let event = decrypt(&request.body, key);
            let event = event.ok_or_else(|| AdapterError::Malformed("no event".to_owned()))?;
            // Old events and card buttons carry none; a wrong one is never right.
            let holds = token(&event).is_empty() || self.has_token(&event).is_some();
            let may = holds || config.verification_token.is_empty();
            return if may {
                Ok((event, Assurance::Proved))
            } else {
                Err(AdapterError::NotAuthentic)
            };
        }
        let asks = request.header("x-lark-signature").is_none();
        let event = asks.then(|| decrypt(&request.body, key)).flatten();
        let event = event.filter(|event| text(event, "type") == "url_verification");
        let event = event.filter(|event| self.has_token(event).is_some());
        Ok((event.ok_or(AdapterError::NotAuthentic)?, Assurance::Claimed))
    }

    fn has_token(&self, event: &Value) -> Option<()> {
        let ours = self.api.config.verification_token.reveal();
        let is_same: bool = ours.as_bytes().ct_eq(token(event).as_bytes()).into();
        (is_same && !ours.is_empty()).then_some(())
    }

    fn is_signed(&self, request: &RawRequest, key: &str) -> bool {
        let header = |name: &str| request.header(name).unwrap_or_default();
        let (time, nonce) = (header("x-lark-request-timestamp"), header("x-lark-request-nonce"));
        let mut digest = Sha256::new();
        for part in [time.as_bytes(), nonce.as_bytes(), key.as_bytes(), &request.body] {
            digest.update(part);
        }
        let expected: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let given = header("x-lark-signature");
        let is_same: bool = expected.as_bytes().ct_eq(given.as_bytes()).into();
        let now = self.api.means.clock.now().0;
        let time = time.parse::<i64>().ok().and_then(|secs| secs.checked_mul(1_000));
        is_same && time.is_some_and(|time| time.abs_diff(now) <= CLOCK_MS_MAX)
    }
}

/// The token in an event: in its header, or beside it in old ones and in questions.
fn token(event: &Value) -> &str {
    let newer = event.pointer("/header/token").and_then(Value::as_str);
    newer.unwrap_or(text(event, "token"))
}

/// What an encrypted body holds; `None` when it cannot be opened, whatever the reason.
fn decrypt(body: &[u8], key: &str) -> Option<Value> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let sealed = STANDARD.decode(text(&body, "encrypt")).ok()?;
    let (iv, sealed) = sealed.split_at_checked(BLOCK)?;
    let opener = Decryptor::<Aes256>::new_from_slices(&Sha256::digest(key), iv).ok()?;
    let opened = opener.decrypt_padded_vec::<Pkcs7>(sealed).ok()?;
    serde_json::from_slice(&opened).ok()
}
