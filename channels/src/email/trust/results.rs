//! What our own mail server says of a letter, in `Authentication-Results` (RFC 8601).

use domain::MailVerdict;

/// The longest head that is looked through, in bytes.
const HEAD_BYTES_MAX: usize = 256 * 1024;

/// What a believed server claims.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Claims {
    /// May the sending host send for the envelope's domain?
    pub(super) spf: MailVerdict,
    /// That domain; empty when unknown.
    pub(super) mail_from: String,
    /// Its own word on DMARC.
    dmarc: Option<MailVerdict>,
}

impl Claims {
    /// These, and of others what these do not speak of.
    fn or(self, others: Self) -> Self {
        let (spf, mail_from) = match self.spf {
            MailVerdict::None if self.mail_from.is_empty() => (others.spf, others.mail_from),
            spf => (spf, self.mail_from),
        };
        Self { spf, mail_from, dmarc: self.dmarc.or(others.dmarc) }
    }

    /// The server's word on DMARC, or another one. Its "pass" is not taken: we did not see it.
    pub(super) fn dmarc_or(&self, other: MailVerdict) -> MailVerdict {
        match self.dmarc {
            Some(MailVerdict::Fail) => MailVerdict::Fail,
            _ => other,
        }
    }
}

/// How many signatures a letter carries, good or bad.
pub(super) fn signatures(fields: &[(String, String)]) -> usize {
    let kinds = ["DKIM-Signature", "DKIM2-Signature", "Message-Instance"];
    let is_one = |name: &str| kinds.iter().any(|kind| name.eq_ignore_ascii_case(kind));
    fields.iter().filter(|(name, _)| is_one(name)).count()
}

/// Is there an end of the head within the bound?
pub(super) fn is_whole(letter: &[u8]) -> bool {
    let head = letter.get(..letter.len().min(HEAD_BYTES_MAX)).unwrap_or_default();
    head.len() == letter.len()
        || memchr::memmem::find(head, b"\n\r\n").is_some()
        || memchr::memmem::find(head, b"\n\n").is_some()
}

/// The claims of the topmost header field of a believed server and of those that directly follow it, the
/// first on each method. Fields further down, and all below the first `Received` of somebody else's server,
/// were there before the letter reached us: anybody can write them. That our own server takes such fields out
/// of what reaches it (RFC 8601, section 5) is what believing it means.
pub(super) fn claims(fields: &[(String, String)], believed: &[String]) -> Claims {
    let (mut claims, mut began) = (Claims::default(), false);
    for (name, value) in fields {
        if name.eq_ignore_ascii_case("Received") && is_foreign(value, believed) {
            break;
        }
        let is_believed = name.eq_ignore_ascii_case("Authentication-Results")
            && believed.iter().any(|id| server(value).eq_ignore_ascii_case(id));
        if is_believed {
            began = true;
            let mut more = Claims::default();
            read(value, &mut more);
            claims = claims.or(more);
        } else if began {
            break;
        }
    }
    claims
}

/// Was this `Received` (RFC 5321, section 4.4) written by a server that has nothing to do with those
/// believed? One that gives no name, or no full one, works behind them.
fn is_foreign(value: &str, believed: &[String]) -> bool {
    let value = without_comments(value);
    let mut words = value.split_whitespace();
    let _from = words.find(|word| word.eq_ignore_ascii_case("by"));
    let host = words.next().unwrap_or_default().trim_end_matches([';', '.']).to_ascii_lowercase();
    let is_name = host.contains('.') && host.parse::<std::net::IpAddr>().is_err();
    is_name && !believed.iter().any(|id| is_beside(&host, &id.to_ascii_lowercase()))
}

/// Is a host the believed one, below it, or beside it in one domain? Names of two parts have none beside
/// them: what is above may be everybody's (`gov.cn`, `com`).
fn is_beside(host: &str, id: &str) -> bool {
    let is_in = |domain: &str| {
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let above = id.split_once('.').map_or("", |(_, above)| above);
    is_in(id) || (!is_shared(above) && is_in(above))
}

/// May strangers have names in this domain? Of those with one dot, the usual ones below countries.
fn is_shared(domain: &str) -> bool {
    const BELOW_COUNTRIES: &[&str] =
        &["com", "net", "org", "gov", "edu", "ac", "co", "mil", "go", "or", "ne"];
    match domain.split_once('.') {
        None => true,
        Some((first, rest)) => {
            !rest.contains('.') && rest.len() == 2 && BELOW_COUNTRIES.contains(&first)
        }
    }
}

/// The header fields in order, unfolded; those of a very long head only as far as the bound.
pub(super) fn fields(letter: &[u8]) -> Vec<(String, String)> {
    let head = letter.get(..letter.len().min(HEAD_BYTES_MAX)).unwrap_or_default();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let line = String::from_utf8_lossy(line);
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim_end().to_owned(), value.trim().to_owned()));
        }
    }
    fields
}

/// The text without its comments, which may nest.
fn without_comments(text: &str) -> String {
    let (mut depth, mut is_quoted, mut kept) = (0_u32, false, String::new());
    for c in text.chars() {
        match c {
            '"' if depth == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted && depth > 0 => depth -= 1,
            other if depth == 0 => kept.push(other),
            _ => {}
        }
    }
    kept
}

/// The server that speaks: the first word.
fn server(value: &str) -> String {
    let value = without_comments(value);
    let first = value.split(';').next().unwrap_or_default();
    first.split_whitespace().next().unwrap_or_default().to_owned()
}

fn read(value: &str, claims: &mut Claims) {
    let value = without_comments(value);
    for result in value.split(';').skip(1) {
        let words: Vec<&str> = result.split_whitespace().collect();
        let Some((method, word)) = words.first().and_then(|first| first.split_once('=')) else {
            continue;
        };
        let verdict = verdict(word);
        match method.to_ascii_lowercase().as_str() {
            "spf" => {
                claims.spf = verdict;
                let from = words.iter().find_map(|word| word.strip_prefix("smtp.mailfrom="));
                let from = from.unwrap_or_default().trim_matches(['<', '>']);
                let domain = from.rsplit_once('@').map_or(from, |(_, domain)| domain);
                claims.mail_from = domain.to_lowercase();
            }
            "dmarc" => claims.dmarc = Some(verdict),
            _ => {}
        }
    }
}

fn verdict(word: &str) -> MailVerdict {
    match word.to_ascii_lowercase().as_str() {
        "pass" => MailVerdict::Pass,
        "fail" | "softfail" | "hardfail" => MailVerdict::Fail,
        "temperror" => MailVerdict::TempError,
        // neutral, none, permerror, policy: it says nothing either way.
        _ => MailVerdict::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(letter: &str) -> Claims {
        claims(&fields(letter.as_bytes()), &["mx.desk.cn".to_owned()])
    }

    #[test]
    fn a_believed_server_is_heard_however_it_folds() {
        let claims = of("Return-Path: <a@b.cn>\r\n\
             Authentication-Results: mx.desk.cn 1;\r\n\tspf=pass (ok; really) smtp.mailfrom=Li@Agency.CN;\r\n\
             \tdkim=pass header.d=agency.cn\r\nFrom: a@b.cn\r\n\r\nbody");
        assert_eq!((claims.spf, claims.mail_from.as_str()), (MailVerdict::Pass, "agency.cn"));
    }

    #[test]
    fn what_others_claim_is_not_heard() {
        let lie = "spf=pass smtp.mailfrom=bank.cn; dmarc=fail";
        assert_eq!(
            of(&format!("Authentication-Results: evil.cn; {lie}\r\n\r\n")),
            Claims::default()
        );
        let below = format!(
            "Authentication-Results: mx.desk.cn; spf=fail smtp.mailfrom=x.cn\r\n\
             Received: from outside\r\nAuthentication-Results: mx.desk.cn; {lie}\r\n\r\n"
        );
        assert_eq!(of(&below).spf, MailVerdict::Fail);
        assert_eq!(of(&below).mail_from, "x.cn");
        let in_the_body =
            format!("Subject: a\r\n\r\nAuthentication-Results: mx.desk.cn; {lie}\r\n");
        assert_eq!(of(&in_the_body), Claims::default());
        let in_a_comment = "Authentication-Results: (mx.desk.cn) evil.cn; spf=pass\r\n\r\n";
        assert_eq!(of(in_a_comment), Claims::default());
    }

    #[test]
    fn below_the_received_of_another_server_nothing_is_heard() {
        let ours = "Authentication-Results: mx.desk.cn; spf=pass smtp.mailfrom=bank.cn\r\n\r\n";
        let heard = |received: &str| of(&format!("{received}{ours}")).spf == MailVerdict::Pass;
        assert!(heard(""), "at the top");
        assert!(heard("Received: from a.evil.cn (b) by mx.desk.cn; x\r\n"), "its own");
        let inside = "Received: from mx.desk.cn (by b.cn)\r\n\tby store.desk.cn with LMTP; x\r\n";
        assert!(heard(inside), "behind it");
        assert!(heard("Received: by 2002:a05:6a10:1 with SMTP id 1; x\r\n"), "without a name");
        assert!(heard("Received: from x by store with LMTP; x\r\n"), "without a full name");
        assert!(!heard("Received: from x by relay.evil.cn with ESMTP; x\r\n"));
        assert!(!heard("Received: from x by mx.desk.cn.evil.cn; x\r\n"));
        assert!(!heard("Received: from x by evildesk.cn; x\r\n"));
        assert!(!heard(&format!("{inside}Received: from x by relay.evil.cn; x\r\n")));
        let shared = |id: &str| {
            claims(
                &fields(
                    b"Received: from x by evil.gov.cn; x\r\n\
            Authentication-Results: desk.gov.cn; spf=pass smtp.mailfrom=b.cn\r\n\r\n",
                ),
                &[id.to_owned()],
            )
        };
        assert_eq!(shared("desk.gov.cn"), Claims::default(), "gov.cn is not one house");
    }

    #[test]
    fn what_was_claimed_first_counts() {
        let two = of("Authentication-Results: mx.desk.cn; spf=fail smtp.mailfrom=x.cn\r\n\
             Authentication-Results: mx.desk.cn; spf=pass smtp.mailfrom=bank.cn; dmarc=fail\r\n\r\n");
        assert_eq!((two.spf, two.mail_from.as_str()), (MailVerdict::Fail, "x.cn"));
        assert_eq!(two.dmarc, Some(MailVerdict::Fail));
    }

    #[test]
    fn a_pass_of_dmarc_is_not_taken_on_word() {
        let head = "Authentication-Results: mx.desk.cn; dmarc=";
        let pass = of(&format!("{head}pass\r\n\r\n"));
        assert_eq!(pass.dmarc_or(MailVerdict::TempError), MailVerdict::TempError);
        let fail = of(&format!("{head}fail\r\n\r\n"));
        assert_eq!(fail.dmarc_or(MailVerdict::TempError), MailVerdict::Fail);
    }
}
