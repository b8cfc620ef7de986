//! The secrets that sign a webhook's calls. After a rotation the one before signs as well for a day,
//! so that whoever verifies can change over without losing a call.

use crate::app::App;
use crate::clock::random_bytes;
use domain::{EndpointId, TenantId, Timestamp};

/// So long the secret before still signs, in milliseconds.
const BOTH_SIGN_MS: i64 = 24 * 3_600_000;
/// The bytes of the time of a rotation, before the secret that it replaced.
const TIME_BYTES: usize = 8;

/// The name under which the archive keeps a webhook's secret: its raw bytes.
pub fn name(endpoint: &EndpointId) -> String {
    format!("webhook.{endpoint}")
}

/// The name of the secret before, with the time when it was replaced.
fn name_before(endpoint: &EndpointId) -> String {
    format!("webhook_before.{endpoint}")
}

/// Makes the secret anew and gives it.
///
/// # Errors
/// When the archive cannot be used.
pub async fn rotate(
    app: &App,
    tenant: &TenantId,
    endpoint: &EndpointId,
) -> records::Result<[u8; 32]> {
    let secrets = app.records.tenants();
    if let Some(before) = secrets.secret(tenant, &name(endpoint)).await? {
        let kept = stamped(app.clock.now(), &before);
        secrets.replace_secret(tenant, &name_before(endpoint), &kept).await?;
    }
    let fresh = random_bytes::<32>();
    secrets.replace_secret(tenant, &name(endpoint), &fresh).await?;
    Ok(fresh)
}

/// The secrets that sign now, the newest first; made at the first question.
///
/// # Errors
/// When the archive cannot be used.
pub(super) async fn signing(
    app: &App,
    tenant: &TenantId,
    endpoint: &EndpointId,
) -> records::Result<Vec<Vec<u8>>> {
    let secrets = app.records.tenants();
    let newest = match secrets.secret(tenant, &name(endpoint)).await? {
        Some(newest) => newest,
        None => {
            let fresh = random_bytes::<32>();
            secrets.put_secret_if_absent(tenant, &name(endpoint), &fresh).await?
        }
    };
    let before = secrets.secret(tenant, &name_before(endpoint)).await?;
    let before = before.and_then(|kept| still_signing(&kept, app.clock.now()));
    Ok([newest].into_iter().chain(before).collect())
}

fn stamped(at: Timestamp, secret: &[u8]) -> Vec<u8> {
    [at.0.to_be_bytes().as_slice(), secret].concat()
}

fn still_signing(kept: &[u8], now: Timestamp) -> Option<Vec<u8>> {
    let (at, secret) = kept.split_at_checked(TIME_BYTES)?;
    let at = Timestamp(i64::from_be_bytes(at.try_into().ok()?));
    (now.ms_since(at) < BOTH_SIGN_MS).then(|| secret.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_before_signs_for_a_day() {
        let kept = stamped(Timestamp(1_000), b"secret");
        let in_time = Timestamp(1_000 + BOTH_SIGN_MS - 1);
        assert_eq!(still_signing(&kept, in_time).as_deref(), Some(&b"secret"[..]));
        assert_eq!(still_signing(&kept, Timestamp(1_000 + BOTH_SIGN_MS)), None);
        assert_eq!(still_signing(b"short", in_time), None);
    }
}
