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

/// The claims of the topmost header field of a believed server and of those that directly follow it.
/// Fields further down may have been there before the letter reached us: anybody can write them.
pub(super) fn claims(fields: &[(String, String)], believed: &[String]) -> Claims {
    let (mut claims, mut began) = (Claims::default(), false);
    for (name, value) in fields {
        let is_believed = name.eq_ignore_ascii_case("Authentication-Results")
            && believed.iter().any(|id| server(value).eq_ignore_ascii_case(id));
        if is_believed {
            began = true;
            read(value, &mut claims);
        } else if began {
            break;
        }
    }
    claims
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
    fn a_pass_of_dmarc_is_not_taken_on_word() {
        let head = "Authentication-Results: mx.desk.cn; dmarc=";
        let pass = of(&format!("{head}pass\r\n\r\n"));
        assert_eq!(pass.dmarc_or(MailVerdict::TempError), MailVerdict::TempError);
        let fail = of(&format!("{head}fail\r\n\r\n"));
        assert_eq!(fail.dmarc_or(MailVerdict::TempError), MailVerdict::Fail);
    }
}
