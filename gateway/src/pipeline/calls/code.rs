//! Codes that prove that a number is the asker's.
//!
//! A code is made of the tenant's key, of who asks, of the number and of the time, so nothing is kept of it: every
//! gateway finds the same one. It works for ten minutes at least and twenty at most, for whom it was made and for
//! that number alone. Guessing is stopped by counting tries, sending by counting messages: each costs money and
//! troubles whoever has the number.

use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::auth::same_secret;
use crate::clock::mint;
use crate::files::link::mac;
use crate::middleware::limits::{Limit, WithoutRedis};
use crate::pipeline::inbound::named_uuid;
use channels::phone::code::{CodeMessage, CodeSender};
use domain::{Channel, Locale, PhoneNumber, TenantId, Timestamp};

/// What the proof is for.
const PURPOSE: &str = "hutong callback code";
/// For how long one code is the present one, in milliseconds (10 minutes).
const STEP_MS: i64 = 600_000;
/// Messages to one number: three at once, then one every ten minutes.
const TO_ONE_NUMBER: Limit = Limit { burst: 3, per_token_ms: 600_000 };
/// Messages of one desk in an hour.
const OF_ONE_DESK: u32 = 600;
/// Tries of one asker for one number: five at once, then one every two minutes.
const OF_ONE_ASKER: Limit = Limit { burst: 5, per_token_ms: 120_000 };
/// Tries for one number in an hour, whoever asks.
const FOR_ONE_NUMBER: u32 = 30;

/// Whose number it is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker<'a> {
    /// Who asks: a conversation, or a request without one.
    pub(super) name: &'a str,
    /// Their language.
    pub(super) locale: Locale,
}

/// Asks for a proof, or looks at the one that was given.
///
/// # Errors
/// `code_needed` when none was given, after one was sent; `code_wrong`; `rate_limited`; `unavailable` when none could be
/// sent.
pub(super) async fn prove(
    app: &App,
    tenant: &TenantId,
    (line, sender): (&Channel, &CodeSender),
    (asker, number): (Asker<'_>, &PhoneNumber),
    given: Option<&str>,
) -> Result<(), ApiError> {
    let unset = || ApiError::unavailable("the desk has no keys");
    let keys = app.auth.keys_of(tenant).ok_or_else(unset)?;
    let code_at = |at| code(keys.letters(), (tenant, number), asker.name, at).ok_or_else(unset);
    let now = app.clock.now();
    let of_number = named_uuid(&["code", tenant.as_str(), number.e164()]);
    let digits: String = given.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        let limits = [
            (format!("code-sent:{of_number}"), TO_ONE_NUMBER),
            ("codes-sent".to_owned(), Limit::per_hour(OF_ONE_DESK)),
        ];
        for (what, limit) in limits {
            app.take(tenant, &what, limit, WithoutRedis::Refuse).await?;
        }
        let present = code_at(now)?;
        send(app, tenant, (line, sender), (number, &present), asker.locale).await?;
        return Err(ApiError::new(Code::CodeNeeded, "a code was sent to this number"));
    }
    let of_asker = named_uuid(&["code", tenant.as_str(), asker.name, number.e164()]);
    let limits = [
        (format!("code-tried:{of_asker}"), OF_ONE_ASKER),
        (format!("code-tried:{of_number}"), Limit::per_hour(FOR_ONE_NUMBER)),
    ];
    for (what, limit) in limits {
        app.take(tenant, &what, limit, WithoutRedis::Refuse).await?;
    }
    let is = |code: &str| same_secret(code.as_bytes(), digits.as_bytes());
    let (present, before) = (code_at(now)?, code_at(now.plus_ms(-STEP_MS))?);
    if is(&present) | is(&before) {
        return Ok(());
    }
    Err(ApiError::new(Code::CodeWrong, "this is not the code that was sent to the number"))
}

/// The code of a time.
fn code(
    key: &[u8],
    (tenant, number): (&TenantId, &PhoneNumber),
    asker: &str,
    at: Timestamp,
) -> Option<String> {
    let step = at.0.div_euclid(STEP_MS).to_string();
    let thing = format!("{}.{asker}", number.e164());
    Some(format!("{:06}", mac(key, PURPOSE, (tenant, &thing), &step)? % 1_000_000))
}

async fn send(
    app: &App,
    tenant: &TenantId,
    (line, sender): (&Channel, &CodeSender),
    (number, code): (&PhoneNumber, &str),
    locale: Locale,
) -> Result<(), ApiError> {
    let text = super::words::code(line.name.get(locale), code, locale);
    let id = mint::name();
    let message = CodeMessage {
        id: &id,
        number,
        code,
        locale,
        text: &text,
        until: app.clock.now().plus_ms(STEP_MS),
    };
    let means = app.doors.means(tenant, &line.id);
    sender.send(&means, message).await.map_err(|error| {
        tracing::warn!(tenant.id = %tenant, channel.id = %line.id, error = %error, "a code is not sent");
        ApiError::unavailable("the code could not be sent")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_its_asker_its_number_and_its_time() {
        let (tenant, number): (TenantId, PhoneNumber) =
            ("main".parse().unwrap(), "+8613800138000".parse().unwrap());
        let other: PhoneNumber = "+8613800138001".parse().unwrap();
        let at = Timestamp(1_800_000_000_000);
        let of = |key: &[u8], number, asker, at| code(key, (&tenant, number), asker, at).unwrap();
        let ours = of(b"key", &number, "conv_1", at);
        assert_eq!(ours.len(), 6);
        assert!(ours.bytes().all(|digit| digit.is_ascii_digit()));
        assert_eq!(of(b"key", &number, "conv_1", at.plus_ms(STEP_MS - 1)), ours, "ten minutes");
        let others = [
            of(b"key", &number, "conv_1", at.plus_ms(STEP_MS)),
            of(b"key", &number, "conv_2", at),
            of(b"key", &other, "conv_1", at),
            of(b"another", &number, "conv_1", at),
        ];
        assert!(!others.contains(&ours), "{ours} in {others:?}");
    }
}
