//! Whatever the bytes are, reading ends soon, does not panic, and keeps its bounds.

use super::super::html::Images;
use super::super::letter::{self, Letter, MESSAGE_ID_BYTES_MAX, Nature, REFERENCES_MAX};
use super::corpus_bytes;
use bytes::Bytes;
use domain::mail::{MAIL_ADDRESSES_MAX, MAIL_SUBJECT_CHARS_MAX};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// How many damaged letters are read when nobody asks for more.
const ROUNDS: u64 = 3_000;
/// The longest that reading one damaged letter of the corpus may take, in an unoptimised build on a
/// busy machine.
const PATIENCE: Duration = Duration::from_secs(5);
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Reads and looks at everything that has a bound.
fn check(raw: &Bytes) {
    let started = Instant::now();
    if let Ok(letter) = letter::read(raw) {
        bounds(&letter, raw.len());
        for images in [Images::Blocked, Images::Shown] {
            if let Some(view) = letter.html_view(images) {
                super::super::html::tests::assert_safe(&view.html, images);
            }
        }
        assert_eq!(letter, letter::read(raw).expect("the same bytes"), "read twice, read alike");
    }
    assert!(started.elapsed() < PATIENCE, "it took {:?}", started.elapsed());
}

fn bounds(letter: &Letter, raw_bytes: usize) {
    let is_one_line = |text: &str| !text.chars().any(char::is_control);
    assert!(
        letter.subject.chars().count() <= MAIL_SUBJECT_CHARS_MAX && is_one_line(&letter.subject)
    );
    assert!(letter.to.len() <= MAIL_ADDRESSES_MAX && letter.cc.len() <= MAIL_ADDRESSES_MAX);
    assert!(letter.recipients.len() <= MAIL_ADDRESSES_MAX);
    for address in letter.to.iter().chain(&letter.cc).chain(&letter.from).chain(&letter.reply_to) {
        assert!(is_one_line(&address.address) && is_one_line(&address.name));
        assert!(address.address.contains('@') && !address.address.contains(' '));
    }
    let ids = letter.references.iter().chain(&letter.in_reply_to).chain(&letter.message_id);
    assert!(
        letter.references.len() <= REFERENCES_MAX && letter.in_reply_to.len() <= REFERENCES_MAX
    );
    for id in ids {
        assert!(!id.is_empty() && id.len() <= MESSAGE_ID_BYTES_MAX && is_one_line(id));
    }
    for file in &letter.files {
        assert!(
            !file.name.is_empty() && file.name.chars().count() <= 200 && is_one_line(&file.name)
        );
        assert!(!file.name.contains(['/', '\\']) && !file.name.starts_with('.'));
    }
    let files: usize = letter.files.iter().map(|file| file.bytes.len()).sum();
    assert!(files <= raw_bytes, "files of {files} bytes out of {raw_bytes}");
    if let Nature::Bounce(reports) = &letter.nature {
        assert!(!reports.is_empty());
    }
    let shown: usize = letter.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(shown <= 128 * 1024 && letter.headers.iter().all(|(_, value)| is_one_line(value)));
    assert!(!letter.text.contains('\0') && !letter.rest.contains('\0'));
}

/// A small generator (xorshift), so that a seed gives the same damage everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 1).unwrap_or(0) % sides.max(1)
    }
}

/// Pieces that parsers trip over.
const TRAPS: &[&[u8]] = &[
    b"\r\n",
    b"\n\n",
    b"\0",
    b"=?gb2312?B?",
    b"?=",
    b"--",
    b"\n--",
    b"<",
    b">",
    b"\"",
    b"(",
    b"\\",
    b"&#x",
    b"<!--",
    b"</",
    b"<style>",
    b"=",
    b"=\n",
    b"\n>",
    b"\n-- \n",
    b"\x1b$B",
    b"~{",
    b"\xff\xfe",
    b"\xe4\xbd",
    b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
    b"Content-Transfer-Encoding: base64\n",
    b"filename*0*=gbk''%B3",
    b"From:\nTo:\nSubject:\n",
    "写道：\n".as_bytes(),
    "\u{202e}".as_bytes(),
    b"<table><td><b><p>",
    b"<a href=\"javascript:x\">",
    b"<img src=//x>",
];

fn damage(letters: &[Bytes], dice: &mut Dice) -> Bytes {
    let mut raw = letters[dice.roll(letters.len())].to_vec();
    for _ in 0..=dice.roll(8) {
        let at = dice.roll(raw.len() + 1);
        match dice.roll(6) {
            0 if at < raw.len() => raw[at] ^= 1 << dice.roll(8),
            1 => raw.truncate(at),
            2 => {
                let trap = TRAPS[dice.roll(TRAPS.len())];
                raw.splice(at..at, trap.iter().copied());
            }
            3 => {
                let end = (at + dice.roll(200)).min(raw.len());
                raw.drain(at..end);
            }
            4 => {
                let other = &letters[dice.roll(letters.len())];
                let from = dice.roll(other.len() + 1);
                let to = (from + dice.roll(2_000)).min(other.len());
                raw.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let end = (at + dice.roll(300)).min(raw.len());
                let piece = raw[at..end].to_vec();
                for _ in 0..dice.roll(4) {
                    raw.splice(at..at, piece.iter().copied());
                }
            }
        }
    }
    Bytes::from(raw)
}

/// `HUTONG_FUZZ_SECS` makes it run for so long, each time from another seed.
#[test]
#[expect(clippy::disallowed_methods, reason = "a knob of this test alone, like PROPTEST_CASES")]
fn damaged_letters_are_read_within_bounds() {
    let letters = corpus_bytes();
    let seconds = std::env::var("HUTONG_FUZZ_SECS").ok().and_then(|text| text.parse().ok());
    let long = seconds.map(Duration::from_secs);
    let seed = match long {
        Some(_) => u64::from(std::process::id()).wrapping_mul(SEED) | 1,
        None => SEED,
    };
    let started = Instant::now();
    let mut dice = Dice(seed);
    let mut rounds = 0_u64;
    while long.map_or(rounds < ROUNDS, |long| started.elapsed() < long) {
        let state = dice.0;
        let raw = damage(&letters, &mut dice);
        let outcome = std::panic::catch_unwind(|| check(&raw));
        assert!(
            outcome.is_ok(),
            "round {rounds}, dice at {state:#x}, letter:\n{}",
            raw.escape_ascii()
        );
        rounds += 1;
    }
    println!("{rounds} damaged letters from seed {seed:#x}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_within_bounds(tail in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        check(&Bytes::from(tail.clone()));
        for head in ["Subject: ", "From: ", "Content-Type: text/html\n\n", "Content-Type: multipart/mixed; boundary=", "To: a@b.cn\n\n"] {
            let raw: Vec<u8> = head.bytes().chain(tail.iter().copied()).collect();
            check(&Bytes::from(raw));
        }
    }
}

/// Each of them took some mail program minutes or all memory.
#[test]
fn bombs_are_read_or_refused_soon() {
    let big = 10 * 1024 * 1024;
    // Bodies are cut at a bound, so longer ones show nothing new.
    let bombs: Vec<(&str, Vec<u8>)> = vec![
        ("many headers", [&b"Subject: a\n"[..], &b"X-A: b\n".repeat(100_000)].concat()),
        ("one long header", [&b"Subject: "[..], &b"a".repeat(big)].concat()),
        ("a long folded header", [&b"To: a@b.cn\n"[..], &b" ,x@y.cn\n".repeat(big / 9)].concat()),
        ("comments in a date", [&b"Date: "[..], &b"(".repeat(big)].concat()),
        ("comments in an address", [&b"From: "[..], &b"(".repeat(big)].concat()),
        ("open words", [&b"Subject: "[..], &b"=?a?b?x".repeat(big / 7)].concat()),
        ("parameters", [&b"Content-Type: text/plain"[..], &b"; a*0*=b".repeat(big / 8)].concat()),
        ("open tags", [&b"Content-Type: text/html\n\n"[..], &b"<b><p>".repeat(big / 60)].concat()),
        ("open brackets", [&b"Content-Type: text/html\n\n"[..], &b"<".repeat(big / 10)].concat()),
        ("attributes", [&b"Content-Type: text/html\n\n<a "[..], &b"b=c ".repeat(big / 40)].concat()),
        ("comments", [&b"Content-Type: text/html\n\n"[..], &b"<!--".repeat(big / 40)].concat()),
        ("quotes", [&b"Subject: a\n\n"[..], &b">".repeat(big)].concat()),
        ("quoted lines", [&b"Subject: a\n\n"[..], &b"> a\nb\n".repeat(big / 60)].concat()),
        ("heads", [&b"Subject: a\n\n"[..], "发件人：a\n".repeat(big / 140).as_bytes()].concat()),
        ("attributions", [&b"Subject: a\n\n"[..], &b"On \n".repeat(big / 40)].concat()),
        ("signatures", [&b"Subject: a\n\n"[..], &b"-- \na\n".repeat(big / 60)].concat()),
        ("rules", [&b"Subject: a\n\n"[..], &b"__________\n\n".repeat(big / 120)].concat()),
        ("boundaries", [&b"Content-Type: multipart/mixed; boundary=a\n\n"[..], &b"--a\n".repeat(big / 4)].concat()),
        ("near boundaries", [&b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"[..], &b"--ab".repeat(big / 4)].concat()),
        ("depth", (0..50_000).flat_map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n").into_bytes()).collect()),
        ("letters in letters", b"Content-Type: message/rfc822\n\n".repeat(100_000)),
        ("statuses", [&b"Content-Type: multipart/report; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\n"[..], &b"Status: 5.0.0\n\n".repeat(big / 150)].concat()),
        ("base64", [&b"Content-Transfer-Encoding: base64\nContent-Type: image/png\n\n"[..], &b"AAAA\n".repeat(big / 5)].concat()),
    ];
    for (name, raw) in bombs {
        let started = Instant::now();
        let raw = Bytes::from(raw);
        if let Ok(letter) = letter::read(&raw) {
            bounds(&letter, raw.len());
            letter.html_view(Images::Blocked);
        }
        let took = started.elapsed();
        println!("{name}: {took:?}");
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
    }
}

/// Pieces of the letter stay pieces: a large file that needed no decoding is not copied.
#[test]
fn a_file_without_transfer_encoding_is_a_piece_of_the_letter() {
    let head = b"From: a@b.cn\nContent-Type: application/pdf; name=a.pdf\n\n";
    let raw = Bytes::from([&head[..], &b"x".repeat(1024 * 1024)].concat());
    let letter = letter::read(&raw).expect("a letter");
    let (whole, file) = (raw.as_ptr_range(), letter.files[0].bytes.as_ptr_range());
    assert!(whole.start <= file.start && file.end <= whole.end);
}
