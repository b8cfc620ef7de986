//! Letters of the corpus, read and compared with what stands beside them.

mod damage;

use super::html::Images;
use super::letter::{self, Letter, Nature, Unreadable};
use bytes::Bytes;
use domain::MailAddress;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// What is compared of every letter that can be read; the other fields where they stand beside it.
const ALWAYS: &[&str] = &["subject", "from", "to", "text", "rest", "files", "nature"];
/// The corpus never shrinks unseen.
const LETTERS_MIN: usize = 40;

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/email");
    let files = fs::read_dir(folder).expect("the corpus lies beside the sources");
    let mut letters: Vec<PathBuf> = files
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .collect();
    letters.sort();
    letters
}

/// The bytes of all letters of the corpus.
fn corpus_bytes() -> Vec<Bytes> {
    corpus().iter().map(|path| Bytes::from(fs::read(path).expect("a letter"))).collect()
}

#[test]
fn letters_of_the_corpus_are_read_as_expected() {
    let letters = corpus();
    assert!(letters.len() >= LETTERS_MIN, "only {} letters", letters.len());
    let problems: Vec<String> = letters.iter().filter_map(|path| compare(path)).collect();
    assert!(problems.is_empty(), "{} letters differ\n{}", problems.len(), problems.join("\n"));
}

/// The difference of one letter, for people.
fn compare(path: &Path) -> Option<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let expected = fs::read_to_string(path.with_extension("expected.json"));
    let expected: Map<String, Value> = match expected.map(|text| serde_json::from_str(&text)) {
        Ok(Ok(expected)) => expected,
        Ok(Err(error)) => return Some(format!("--- {name}: what is expected is no JSON: {error}")),
        Err(error) => return Some(format!("--- {name}: nothing is expected of it: {error}")),
    };
    let raw = Bytes::from(fs::read(path).expect("a letter"));
    let actual = match letter::read(&raw) {
        Ok(letter) => {
            if let Some(missing) = ALWAYS.iter().find(|field| !expected.contains_key(**field)) {
                return Some(format!(
                    "--- {name}: `{missing}` is not expected, but {:#}",
                    show(&letter)
                ));
            }
            show(&letter)
        }
        Err(unreadable) => json!({ "unreadable": reason(unreadable) }),
    };
    let lines: Vec<String> = expected
        .iter()
        .filter(|(field, value)| actual.get(*field).unwrap_or(&Value::Null) != *value)
        .map(|(field, value)| {
            let found = actual.get(field).unwrap_or(&Value::Null);
            format!("  {field}\n    expected {value}\n    found    {found}")
        })
        .collect();
    (!lines.is_empty()).then(|| format!("--- {name}\n{}", lines.join("\n")))
}

fn show(letter: &Letter) -> Value {
    let files: Vec<Value> = letter
        .files
        .iter()
        .map(|file| {
            json!({
                "name": file.name,
                "media_type": file.media_type,
                "bytes": file.bytes.len(),
                "inline": file.inline,
            })
        })
        .collect();
    let view = letter.html_view(Images::Blocked);
    json!({
        "message_id": letter.message_id,
        "in_reply_to": letter.in_reply_to,
        "references": letter.references,
        "date_ms": letter.date.map(|date| date.0),
        "from": letter.from.as_ref().map(address),
        "reply_to": letter.reply_to.as_ref().map(address),
        "to": letter.to.iter().map(address).collect::<Vec<_>>(),
        "cc": letter.cc.iter().map(address).collect::<Vec<_>>(),
        "recipients": letter.recipients,
        "subject": letter.subject,
        "text": letter.text,
        "rest": letter.rest,
        "files": files,
        "nature": nature(&letter.nature),
        "important": letter.important,
        "locale": letter.locale,
        "html": view.as_ref().map(|view| view.html.clone()),
        "blocked_images": view.map_or(0, |view| view.blocked_images),
    })
}

/// As people write it: `name <address>`.
fn address(of: &MailAddress) -> String {
    if of.name.is_empty() { of.address.clone() } else { format!("{} <{}>", of.name, of.address) }
}

fn nature(of: &Nature) -> Value {
    match of {
        Nature::Person => json!("person"),
        Nature::Automatic => json!("automatic"),
        Nature::List => json!("list"),
        Nature::Bounce(reports) => reports
            .iter()
            .map(|report| {
                json!({
                    "message_id": report.message_id,
                    "recipient": report.recipient,
                    "permanent": report.permanent,
                    "status": report.status,
                    "reason": report.reason,
                })
            })
            .collect(),
    }
}

fn reason(of: Unreadable) -> &'static str {
    match of {
        Unreadable::Empty => "empty",
        Unreadable::NoHead => "no_head",
        Unreadable::TooManyParts => "too_many_parts",
        Unreadable::TooDeep => "too_deep",
    }
}
