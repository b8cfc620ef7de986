//! The token in our letters' `Message-ID` and reply address: it names the conversation and proves that
//! we wrote it. It proves nothing of the sender, who may have it from anybody.
//!
//! 26 characters of the conversation's id and 20 of an HMAC-SHA-256 (100 bits) over tenant, channel
//! and conversation, all in lower-case base 32, since some servers do not keep upper case. With
//! `help+` before it, it stays within the 64 characters of a local part (RFC 5321, 4.5.3.1.1).

use crate::auth::same_secret;
use domain::id::base32;
use domain::{ChannelId, ConversationId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const ID_CHARS: usize = 26;
const MAC_CHARS: usize = 20;
const PREFIX: &str = "conv_";

/// The token of a conversation on a channel; `None` for an id that is none of ours.
pub(super) fn of(
    key: &[u8],
    (tenant, channel): (&TenantId, &ChannelId),
    conversation: &ConversationId,
) -> Option<String> {
    let id = conversation.as_str().strip_prefix(PREFIX).filter(|id| id.len() == ID_CHARS)?;
    Some(format!("{id}{}", mac(key, (tenant, channel), id)?))
}

/// The conversation of a token, if the token is ours.
pub(super) fn conversation(
    key: &[u8],
    (tenant, channel): (&TenantId, &ChannelId),
    token: &str,
) -> Option<ConversationId> {
    let token = token.to_ascii_lowercase();
    let (id, proof) = token.split_at_checked(ID_CHARS)?;
    let expected = mac(key, (tenant, channel), id)?;
    if !same_secret(expected.as_bytes(), proof.as_bytes()) {
        return None;
    }
    format!("{PREFIX}{id}").parse().ok()
}

/// The text that may be a token in a message id of ours (`TOKEN.NAME@domain`).
pub(super) fn in_message_id(message_id: &str) -> Option<&str> {
    let (local, _) = message_id.split_once('@')?;
    local.split('.').next().filter(|token| has_length(token))
}

/// The text that may be a token in an address (`help+TOKEN@domain`).
pub(super) fn in_address(address: &str) -> Option<&str> {
    let (local, _) = address.rsplit_once('@')?;
    let (_, token) = local.rsplit_once('+')?;
    Some(token).filter(|token| has_length(token))
}

fn has_length(token: &str) -> bool {
    token.len() == ID_CHARS + MAC_CHARS && token.is_ascii()
}

fn mac(key: &[u8], (tenant, channel): (&TenantId, &ChannelId), id: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in ["hutong letter", tenant.as_str(), channel.as_str(), id] {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    let digest = mac.finalize().into_bytes();
    let (low, _rest) = digest.split_first_chunk::<16>()?;
    let text = base32(u128::from_be_bytes(*low));
    // The last characters carry five bits each.
    text.get(text.len().checked_sub(MAC_CHARS)?..).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::mint;

    fn place() -> (TenantId, ChannelId) {
        ("main".parse().unwrap(), "mail".parse().unwrap())
    }

    #[test]
    fn a_token_names_its_conversation_and_nothing_else_does() {
        let (tenant, channel) = place();
        let at = (&tenant, &channel);
        let id = mint::conversation();
        let token = of(b"key", at, &id).unwrap();
        assert_eq!(token.len(), 46);
        assert_eq!(conversation(b"key", at, &token), Some(id.clone()));
        assert_eq!(conversation(b"key", at, &token.to_uppercase()), Some(id));
        assert_eq!(conversation(b"other", at, &token), None, "another tenant's key");
        let elsewhere = "mail2".parse().unwrap();
        assert_eq!(conversation(b"key", (&tenant, &elsewhere), &token), None, "another channel");
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'0' { b'1' } else { b'0' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(conversation(b"key", at, &forged), None, "{forged}");
        }
        for odd in ["", "conv", &format!("{token}0"), "é".repeat(23).as_str()] {
            assert_eq!(conversation(b"key", at, odd), None, "{odd}");
        }
        let none: ConversationId = "conv_1".parse().unwrap();
        assert_eq!(of(b"key", at, &none), None);
    }

    #[test]
    fn a_token_is_found_where_letters_carry_it() {
        let token = "0".repeat(46);
        assert_eq!(in_message_id(&format!("{token}.abc@city.example")), Some(token.as_str()));
        assert_eq!(in_message_id("abc@city.example"), None);
        assert_eq!(in_address(&format!("help+{token}@city.example")), Some(token.as_str()));
        assert_eq!(in_address("help+x@city.example"), None);
        assert_eq!(in_address("help"), None);
    }
}
