//! Reports of mail servers in the standard form (RFC 3464, RFC 6522).

use super::address;
use super::header::{self, Head};
use super::ids;
use super::letter::Report;
use super::part::{Content, Part};
use super::words;
use bytes::Bytes;

/// The most recipients of one report that is a text for people, which is searched for each.
pub(super) const REPORTS_MAX: usize = 100;
/// The most recipients of one report in the standard form, those included whom the letter reached.
const GROUPS_MAX: usize = 1_000;
/// The longest reason, in characters.
pub(super) const REASON_CHARS_MAX: usize = 500;

/// The failures and delays that a letter reports; `Some` and empty for reports of success and of
/// reading (RFC 8098); `None` if it is no report.
pub(super) fn read(root: &Part) -> Option<Vec<Report>> {
    let mut leaves = Vec::new();
    collect(root, &mut leaves);
    let kind = root.type_param("report-type").unwrap_or_default().to_ascii_lowercase();
    let is_status = |part: &&&Part| {
        matches!(
            part.media_type.as_str(),
            "message/delivery-status" | "message/global-delivery-status"
        )
    };
    let Some(status) = leaves.iter().find(is_status) else {
        let is_other = root.media_type == "multipart/report"
            && matches!(kind.as_str(), "disposition-notification" | "feedback-report");
        return is_other.then(Vec::new);
    };
    // A letter that passes a report on is no report: only the report itself stands at the top.
    if root.media_type != "multipart/report" && !kind.contains("delivery-status") {
        return None;
    }
    let Content::Leaf(bytes) = &status.content else { return None };
    let message_id = returned_id(&leaves);
    Some(recipients(bytes, message_id.as_deref()))
}

fn collect<'a>(part: &'a Part, leaves: &mut Vec<&'a Part>) {
    match &part.content {
        Content::Leaf(_) => leaves.push(part),
        Content::Multipart(parts) => parts.iter().for_each(|part| collect(part, leaves)),
    }
}

/// The `Message-ID` of the letter that came back, from its copy or its head.
fn returned_id(leaves: &[&Part]) -> Option<String> {
    leaves.iter().find_map(|part| {
        let is_copy = matches!(
            part.media_type.as_str(),
            "message/rfc822" | "text/rfc822-headers" | "message/global" | "message/global-headers"
        );
        let Content::Leaf(bytes) = &part.content else { return None };
        is_copy.then(|| id_of(bytes)).flatten()
    })
}

/// The `Message-ID` of a letter's bytes.
pub(super) fn id_of(bytes: &Bytes) -> Option<String> {
    let blank = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let (head, _) = header::split(&bytes.slice(blank..));
    ids::parse(&head.first("message-id")?).into_iter().next_back()
}

/// The groups of fields: the first is of the letter, each other of a recipient.
fn recipients(bytes: &Bytes, message_id: Option<&str>) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    let mut rest = bytes.clone();
    let mut original_id = None;
    let mut groups = 0;
    while !rest.is_empty() && groups <= GROUPS_MAX {
        groups += 1;
        let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let (head, after) = header::split(&rest.slice(blank..));
        if after.len() >= rest.len() {
            break;
        }
        rest = after;
        // An extension of some servers in the first group.
        original_id = original_id
            .or_else(|| ids::parse(&head.first("x-original-message-id")?).into_iter().next_back());
        let id = message_id.map(str::to_owned).or_else(|| original_id.clone());
        let Some(report) = recipient(&head, id) else { continue };
        // Servers that gave a letter to several machines tell of one recipient several times.
        let known = reports
            .iter_mut()
            .find(|known| !known.recipient.is_empty() && known.recipient == report.recipient);
        match known {
            Some(known) if report.permanent && !known.permanent => *known = report,
            Some(_) => {}
            None => reports.push(report),
        }
    }
    reports
}

fn recipient(head: &Head, message_id: Option<String>) -> Option<Report> {
    let action = head.first("action").unwrap_or_default().trim().to_ascii_lowercase();
    let status = head.first("status").and_then(|text| status_code(&text)).unwrap_or_default();
    let named = ["original-recipient", "final-recipient"].iter().find_map(|name| head.first(name));
    if named.is_none() && action.is_empty() && status.is_empty() {
        return None;
    }
    let action = action.split([' ', '(', ';']).next().unwrap_or_default();
    let permanent = match action {
        "failed" => true,
        "delayed" => false,
        "delivered" | "relayed" | "expanded" => return None,
        // Without an action the class of the status says it.
        _ if status.starts_with('5') => true,
        _ if status.starts_with('4') => false,
        _ => return None,
    };
    let final_recipient = head.first("final-recipient").or(named).unwrap_or_default();
    let reason = head.first("diagnostic-code").unwrap_or_default();
    Some(Report {
        message_id,
        recipient: address_of(&final_recipient),
        permanent,
        status,
        reason: words::one_line(typed(&reason), REASON_CHARS_MAX),
    })
}

/// What stands behind a type: `rfc822; a@b.cn`, `smtp; 550 …`.
fn typed(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, value)) if !kind.trim().contains(' ') => value.trim(),
        _ => value.trim(),
    }
}

fn address_of(value: &str) -> String {
    let value = typed(value);
    address::clean(value).unwrap_or_default()
}

/// The first enhanced status code (RFC 3463) in a text.
pub(super) fn status_code(text: &str) -> Option<String> {
    let is_separator = |c: char| !(c.is_ascii_digit() || c == '.');
    text.split(is_separator)
        .find(|word| is_status(word.trim_end_matches('.')))
        .map(|word| word.trim_end_matches('.').to_owned())
}

fn is_status(word: &str) -> bool {
    let mut numbers = word.split('.');
    let is_number = |text: &str| {
        !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit())
    };
    matches!(numbers.next(), Some("2" | "4" | "5"))
        && numbers.next().is_some_and(is_number)
        && numbers.next().is_some_and(is_number)
        && numbers.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_are_found_and_addresses_are_none() {
        assert_eq!(status_code("5.1.1 (bad mailbox)").unwrap(), "5.1.1");
        assert_eq!(status_code("550-5.7.26 This mail").unwrap(), "5.7.26");
        assert_eq!(status_code("from 10.1.1.1 and 5.1"), None);
    }

    #[test]
    fn only_failures_and_delays_are_reported() {
        let status = "Reporting-MTA: dns; a.cn\n\nFinal-Recipient: rfc822; a@b.cn\nAction: delivered\n\
            Status: 2.0.0\n\nFinal-Recipient: rfc822;c@D.cn\nAction: delayed\nStatus: 4.4.1\n\n\
            Final-Recipient: rfc822; <e@f.cn>\nAction: failed\nStatus: 5.1.1\n\
            Diagnostic-Code: smtp; 550 5.1.1 No such\n  user\n";
        let found = recipients(&Bytes::from_static(status.as_bytes()), Some("x@y"));
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].recipient.as_str(), found[0].permanent), ("c@d.cn", false));
        assert_eq!((found[1].recipient.as_str(), found[1].permanent), ("e@f.cn", true));
        assert_eq!(found[1].reason, "550 5.1.1 No such user");
        assert_eq!(found[1].message_id.as_deref(), Some("x@y"));
    }
}
