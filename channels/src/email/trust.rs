//! Where a letter comes from: signatures and the sender's policy (DKIM, RFC 6376; DMARC, RFC 7489),
//! and what our own mail server says of the sending host (SPF, by RFC 8601).
//!
//! Nothing here keeps a letter out or holds it up: what cannot be told within a bound is not known.

mod results;

use super::config::EmailConfig;
use domain::{MailTrust, MailVerdict};
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts,
};
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, MessageAuthenticator,
    SpfOutput, SpfResult,
};
use results::Claims;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long all look-ups for one letter may take.
const TIME: Duration = Duration::from_secs(10);
/// How long one question to a name server may take.
const QUESTION_TIME: Duration = Duration::from_secs(3);
/// After so many letters in a row whose look-ups took all their time, from different domains, the
/// name servers are taken for dead.
const DEAD_AFTER: usize = 3;
/// Then letters go unchecked for so long, instead of each taking all that time.
const DEAD_TIME: Duration = Duration::from_secs(30);
/// Letters with more signatures are not checked: each may cost a hash of the whole letter.
const SIGNATURES_MAX: usize = 8;

/// What is known of where a letter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Verdict {
    /// How each check ended.
    pub(super) trust: MailTrust,
    /// The sender's address is proved: DMARC passed, or a signature of its own domain.
    pub(super) is_proved: bool,
    /// The domain's policy says that such a letter is forged.
    pub(super) is_forged: bool,
}

/// The judge of letters.
pub(super) struct Trust {
    believed: Vec<String>,
    servers: Vec<SocketAddr>,
    /// Built at the first letter; `None` when this system has no name servers.
    resolver: OnceLock<Option<MessageAuthenticator>>,
    silence: Mutex<Silence>,
}

/// What the name servers did not answer lately.
#[derive(Debug, Default)]
struct Silence {
    /// Of these domains, one after the other.
    domains: Vec<String>,
    /// Nobody asks before this.
    until: Option<Instant>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("believed", &self.believed).finish_non_exhaustive()
    }
}

impl Trust {
    pub(super) fn new(config: &EmailConfig) -> Self {
        Self {
            believed: config.authserv_ids.clone(),
            servers: config.dns.clone(),
            resolver: OnceLock::new(),
            silence: Mutex::default(),
        }
    }

    /// Judges a letter that says it is from this address. Takes at most [`TIME`].
    pub(super) async fn judge(&self, letter: &[u8], from: &str) -> Verdict {
        let fields = results::fields(letter);
        let claims = results::claims(&fields, &self.believed);
        let unknown = |dkim, dmarc| Verdict {
            trust: MailTrust { spf: claims.spf, dkim, dmarc },
            ..Verdict::default()
        };
        let signatures = results::signatures(&fields);
        // The hashes are made while the letter is parsed.
        if signatures > SIGNATURES_MAX || !results::is_whole(letter) {
            return unknown(MailVerdict::None, MailVerdict::None);
        }
        let Some(message) = AuthenticatedMessage::parse(letter) else {
            return unknown(MailVerdict::None, MailVerdict::None);
        };
        let away = match signatures == 0 {
            true => unknown(MailVerdict::None, MailVerdict::TempError),
            false => unknown(MailVerdict::TempError, MailVerdict::TempError),
        };
        let Some(resolver) = self.resolver.get_or_init(|| open(&self.servers)) else { return away };
        if self.is_silent(Instant::now()) {
            return away;
        }
        let checking = check(resolver, &message, from, &claims);
        let checked = tokio::time::timeout(TIME, checking).await.ok();
        self.note(from, checked.is_some(), Instant::now());
        checked.unwrap_or(away)
    }

    fn is_silent(&self, now: Instant) -> bool {
        let silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        silence.until.is_some_and(|until| now < until)
    }

    /// One sender's slow name server must not keep the letters of others unchecked, so it takes
    /// several domains.
    fn note(&self, from: &str, answered: bool, now: Instant) {
        let mut silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            *silence = Silence::default();
            return;
        }
        let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase();
        if !silence.domains.contains(&domain) {
            silence.domains.push(domain);
        }
        if silence.domains.len() >= DEAD_AFTER {
            tracing::warn!("name servers do not answer: letters stay unchecked for a while");
            *silence = Silence { domains: Vec::new(), until: Some(now + DEAD_TIME) };
        }
    }
}

fn open(servers: &[SocketAddr]) -> Option<MessageAuthenticator> {
    let opened = match servers.is_empty() {
        true => MessageAuthenticator::new_system_conf(),
        false => {
            let servers = servers.iter().map(|server| {
                let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                ways.iter_mut().for_each(|way| way.port = server.port());
                NameServerConfig::new(server.ip(), true, ways.to_vec())
            });
            let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
            let mut options = ResolverOpts::default();
            options.timeout = QUESTION_TIME;
            MessageAuthenticator::new(config, options)
        }
    };
    opened
        .inspect_err(|error| tracing::warn!(%error, "no name servers: letters stay unchecked"))
        .ok()
}

async fn check(
    resolver: &MessageAuthenticator,
    message: &AuthenticatedMessage<'_>,
    from: &str,
    claims: &Claims,
) -> Verdict {
    let mut signatures = resolver.verify_dkim(message).await;
    let dkim = dkim_verdict(&signatures);
    // A signature over a part of the body says nothing of what was put behind it.
    signatures.retain(|output| output.signature().is_none_or(|signature| signature.l == 0));
    let spf = SpfOutput::new(claims.mail_from.clone());
    let spf = spf.with_result(match claims.spf {
        MailVerdict::Pass => SpfResult::Pass,
        _ => SpfResult::None,
    });
    let dmarc = resolver
        .verify_dmarc(DmarcParameters::new(message, &signatures, &claims.mail_from, &spf))
        .await;
    let verdict = dmarc_verdict(&dmarc, claims);
    // Whoever reads the letter must see the address that was judged: exactly one, the same.
    let is_same = matches!(message.froms(), [only] if only.eq_ignore_ascii_case(from));
    let is_signed = signatures.iter().any(|output| is_aligned(output, from));
    let is_strict = matches!(dmarc.policy(), Policy::Reject | Policy::Quarantine);
    Verdict {
        trust: MailTrust { spf: claims.spf, dkim, dmarc: verdict },
        is_proved: is_same && (verdict == MailVerdict::Pass || is_signed),
        is_forged: verdict == MailVerdict::Fail && is_strict,
    }
}

fn dkim_verdict(signatures: &[DkimOutput<'_>]) -> MailVerdict {
    let has = |wanted: fn(&DkimResult) -> bool| signatures.iter().any(|one| wanted(one.result()));
    if has(|result| matches!(result, DkimResult::Pass)) {
        MailVerdict::Pass
    } else if has(|result| matches!(result, DkimResult::TempError(_))) {
        MailVerdict::TempError
    } else if signatures.is_empty() {
        MailVerdict::None
    } else {
        MailVerdict::Fail
    }
}

/// A letter may have passed by SPF alone, which only the receiving server can know. Without its word a
/// letter that no signature vouches for is not called a forgery.
fn dmarc_verdict(dmarc: &DmarcOutput, claims: &Claims) -> MailVerdict {
    match dmarc.result() {
        DmarcResult::Pass => MailVerdict::Pass,
        DmarcResult::TempError(_) => claims.dmarc_or(MailVerdict::TempError),
        DmarcResult::PermError(_) | DmarcResult::None => MailVerdict::None,
        DmarcResult::Fail(_) if claims.spf == MailVerdict::None => {
            claims.dmarc_or(MailVerdict::None)
        }
        DmarcResult::Fail(_) => MailVerdict::Fail,
    }
}

/// Does a good signature belong to the sender's domain, or to one above it? A signature of a domain
/// below says nothing: whoever has a page on a shared host could make one.
fn is_aligned(output: &DkimOutput<'_>, from: &str) -> bool {
    let (DkimResult::Pass, Some(signature)) = (output.result(), output.signature()) else {
        return false;
    };
    let Some((_, domain)) = from.rsplit_once('@') else { return false };
    let (domain, signer) = (domain.to_lowercase(), signature.d.to_lowercase());
    // A name without a dot is a whole top-level domain.
    signer.contains('.')
        && domain.strip_suffix(&signer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests;
