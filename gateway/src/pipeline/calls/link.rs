//! Links with which somebody who was promised a call looks at it, moves it and cancels it, without signing in.
//!
//! `TENANT.CONVERSATION.UNTIL.PROOF`, made like links to files. Whoever has the link is taken for the person; it shows the
//! number masked, and what was said nowhere.

use crate::app::App;
use crate::auth::same_secret;
use crate::config::Config;
use crate::files::link::proof;
use domain::{ConversationId, TenantId, Timestamp};

/// Longer ones are not looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 240;
/// What the proof is for: no other link opens a call.
const PURPOSE: &str = "hutong callback link";
/// How long a link works, in milliseconds (30 days).
const FOR_MS: i64 = 30 * 86_400_000;

/// The token of a link to a conversation's callback; `None` for a key that is none.
pub fn token(
    key: &[u8],
    tenant: &TenantId,
    conversation: &ConversationId,
    now: Timestamp,
) -> Option<String> {
    let secs = now.plus_ms(FOR_MS).0.div_euclid(1000).to_string();
    let proof = proof(key, PURPOSE, (tenant, conversation.as_str()), &secs)?;
    Some(format!("{tenant}.{conversation}.{secs}.{proof}"))
}

/// The person's page of a conversation's callback; `None` while the desk has no keys.
pub fn of(app: &App, tenant: &TenantId, conversation: &ConversationId) -> Option<String> {
    let keys = app.auth.keys_of(tenant)?;
    let token = token(keys.letters(), tenant, conversation, app.clock.now())?;
    Some(page(&app.config, &token))
}

/// The page that a token opens. The token stands behind the `#`, which no browser sends and no log sees.
pub fn page(config: &Config, token: &str) -> String {
    format!("{}/callback#{token}", config.public_origin())
}

/// What a token claims; nothing of it is proved yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Whose desk it is.
    pub tenant: TenantId,
    /// Whose callback.
    pub conversation: ConversationId,
    secs: &'a str,
    proof: &'a str,
}

/// Takes a token apart; `None` for what is none.
pub fn claim(token: &str) -> Option<Claim<'_>> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let mut parts = token.split('.');
    let (tenant, conversation) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let claim = Claim { tenant, conversation, secs: parts.next()?, proof: parts.next()? };
    parts.next().is_none().then_some(claim)
}

impl Claim<'_> {
    /// Is it by this key, and its time not over?
    pub fn holds(&self, key: &[u8], now: Timestamp) -> bool {
        let expected = proof(key, PURPOSE, (&self.tenant, self.conversation.as_str()), self.secs);
        let is_ours = expected.is_some_and(|it| same_secret(it.as_bytes(), self.proof.as_bytes()));
        let until: Option<i64> = self.secs.parse().ok();
        is_ours && until.is_some_and(|until| now.0.div_euclid(1000) < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::mint;

    #[test]
    fn a_link_opens_its_callback_until_its_time_and_nothing_else() {
        let (tenant, conversation): (TenantId, ConversationId) =
            ("main".parse().unwrap(), mint::conversation());
        let now = Timestamp(1_800_000_000_000);
        let text = token(b"key", &tenant, &conversation, now).unwrap();
        let opens = |key: &[u8], text: &str, now: Timestamp| {
            claim(text)
                .filter(|claim| claim.holds(key, now))
                .map(|claim| (claim.tenant, claim.conversation))
        };
        assert_eq!(opens(b"key", &text, now), Some((tenant, conversation)));
        assert_eq!(opens(b"key", &text, now.plus_ms(FOR_MS)), None, "its time is over");
        assert_eq!(opens(b"another", &text, now), None);
        for (place, sign) in text.char_indices() {
            let mut forged = text.clone().into_bytes();
            forged[place] = if sign == '1' { b'2' } else { b'1' };
            assert_eq!(opens(b"key", &String::from_utf8(forged).unwrap(), now), None);
        }
        for odd in ["", ".", "...", "main.conv_1.1.", &format!("{text}."), &"x".repeat(300)] {
            assert_eq!(opens(b"key", odd, now), None, "{odd}");
        }
    }
}
