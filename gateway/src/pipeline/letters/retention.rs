//! How long and how much the quarantine keeps: what nobody looked at goes, the oldest first, and never in
//! silence.

use crate::app::App;
use domain::TenantId;
use records::quarantine::Quarantined;

/// So many letters are let go of in one pass.
const AT_ONCE: u32 = 100;
const DAY_MS: i64 = 24 * 3_600_000;

/// Lets letters of the quarantine go that are older, or more, than the config keeps. Their bytes are pruned
/// like those of any file that no message carries.
///
/// # Errors
/// When the archive cannot be used; repeating is safe.
pub(crate) async fn prune(app: &App, tenant: &TenantId) -> records::Result<()> {
    let mail = &app.config.mail;
    let quarantine = app.records.quarantine();
    let days = i64::from(mail.quarantine_days);
    let before = app.clock.now().plus_ms(days.saturating_mul(-DAY_MS));
    let bytes_max = mail.quarantine_mib_max.saturating_mul(1024 * 1024);
    let bytes = quarantine.bytes(tenant).await?;
    let oldest = quarantine.oldest(tenant, AT_ONCE).await?;
    let too_old = |letter: &Quarantined| letter.received_at < before;
    for (letter, why) in to_go(oldest, too_old, bytes.saturating_sub(bytes_max)) {
        if !quarantine.remove(tenant, &letter.original).await? {
            continue;
        }
        crate::metrics::quarantine_dropped(why);
        tracing::warn!(
            tenant.id = %tenant, channel.id = %letter.channel, file.id = %letter.original,
            letter.reason = ?letter.reason, why,
            "a letter of the quarantine that nobody resolved is let go of"
        );
    }
    Ok(())
}

/// Which letters go, and why: those that are too old, and of the others the oldest until so many bytes are
/// free.
fn to_go(
    oldest: Vec<Quarantined>,
    too_old: impl Fn(&Quarantined) -> bool,
    mut surplus: u64,
) -> Vec<(Quarantined, &'static str)> {
    let mut going = Vec::new();
    for letter in oldest {
        let why = if too_old(&letter) {
            "age"
        } else if surplus > 0 {
            "bytes"
        } else {
            break;
        };
        surplus = surplus.saturating_sub(letter.bytes);
        going.push((letter, why));
    }
    going
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use records::quarantine::QuarantineReason;

    fn letter(n: i64) -> Quarantined {
        Quarantined {
            original: format!("file_{n}").parse().unwrap(),
            channel: "mail".parse().unwrap(),
            place: String::new(),
            mail_from: None,
            rcpt_to: Vec::new(),
            bytes: 10,
            is_whole: true,
            reason: QuarantineReason::Report,
            detail: String::new(),
            received_at: Timestamp(n),
            tries: 1,
        }
    }

    #[test]
    fn the_oldest_go_first_and_only_as_many_as_must() {
        let letters = || (1..=5).map(letter).collect::<Vec<_>>();
        let gone = |before: i64, surplus| -> Vec<(i64, &str)> {
            let too_old = |one: &Quarantined| one.received_at < Timestamp(before);
            let going = to_go(letters(), too_old, surplus);
            going.into_iter().map(|(one, why)| (one.received_at.0, why)).collect()
        };
        assert_eq!(gone(0, 0), []);
        assert_eq!(gone(3, 0), [(1, "age"), (2, "age")]);
        assert_eq!(gone(0, 11), [(1, "bytes"), (2, "bytes")]);
        assert_eq!(gone(2, 15), [(1, "age"), (2, "bytes")]);
    }
}
