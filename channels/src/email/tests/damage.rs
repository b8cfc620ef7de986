//! Whatever the bytes are, reading ends soon, does not panic, and keeps its bounds.

use super::super::html::Images;
use super::super::ids::{MESSAGE_ID_BYTES_MAX, REFERENCES_MAX};
use super::super::letter::{self, Letter, Nature, Unreadable};
use super::corpus_bytes;
use bytes::Bytes;
use domain::mail::{MAIL_ADDRESSES_MAX, MAIL_SUBJECT_CHARS_MAX};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// How many damaged letters are read when nobody asks for more.
const ROUNDS: u64 = 1_000;
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
fn damaged_letters_are_read_within_bounds() {
    let letters = corpus_bytes();
    let seconds = std::env::var_os("HUTONG_FUZZ_SECS").and_then(|text| text.to_str()?.parse().ok());
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
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn arbitrary_bytes_are_read_within_bounds(tail in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        check(&Bytes::from(tail.clone()));
        for head in ["Subject: ", "From: ", "Content-Type: text/html\n\n", "Content-Type: multipart/mixed; boundary=", "To: a@b.cn\n\n"] {
            let raw: Vec<u8> = head.bytes().chain(tail.iter().copied()).collect();
            check(&Bytes::from(raw));
        }
    }
}

/// What comes over and over in a bomb: behind which start, which piece, how many bytes of it.
type Bomb = (&'static str, &'static str, &'static str, usize);

const MIB: usize = 1024 * 1024;
const BOMBS: &[Bomb] = &[
    ("many headers", "Subject: a\n", "X-A: b\n", MIB),
    ("one long header", "Subject: ", "a", 10 * MIB),
    ("a long folded header", "To: a@b.cn\n", " ,x@y.cn\n", 10 * MIB),
    ("comments in a date", "Date: ", "(", 10 * MIB),
    ("comments in an address", "From: ", "(", 10 * MIB),
    ("open words", "Subject: ", "=?a?b?x", MIB),
    ("parameters", "Content-Type: text/plain", "; a*0*=b", MIB),
    ("open tags", "Content-Type: text/html\n\n", "<b><p>", MIB / 8),
    ("open brackets", "Content-Type: text/html\n\n", "<", MIB / 8),
    ("attributes", "Content-Type: text/html\n\n<a ", "b=c ", MIB / 8),
    ("comments", "Content-Type: text/html\n\n", "<!--", MIB),
    ("open raw text", "Content-Type: text/html\n\n", "<style></", MIB),
    ("open quotes", "Content-Type: text/html\n\n", "<a b='c\" d=\"e", MIB / 8),
    ("cells", "Content-Type: text/html\n\n", "<table><td>", MIB / 8),
    ("quote signs", "Subject: a\n\n", ">", MIB),
    ("quoted lines", "Subject: a\n\n", "> a\nb\n", MIB / 8),
    ("heads", "Subject: a\n\n", "发件人：a\n", MIB / 32),
    ("attributions", "Subject: a\n\n", "On \n", MIB / 16),
    ("signatures", "Subject: a\n\n", "-- \na\n", MIB / 16),
    ("delimiters", "Subject: a\n\n", "-- \n> a\n\n", MIB / 16),
    ("rules", "Subject: a\n\n", "__________\n\n", MIB / 8),
    ("boundaries", "Content-Type: multipart/mixed; boundary=a\n\n", "--a\n", MIB),
    ("near boundaries", "Content-Type: multipart/mixed; boundary=a\n\n--a\n", "--ab", MIB),
    ("letters in letters", "", "Content-Type: message/rfc822\n\n", MIB),
    (
        "base64",
        "Content-Transfer-Encoding: base64\nContent-Type: image/png\n\n",
        "AAAA\n",
        10 * MIB,
    ),
    ("statuses", STATUS, "Status: 5.0.0\n\n", MIB),
    ("a bounce", BOUNCE, "a@b.cn 550 ", MIB / 4),
    ("lines of a bounce", BOUNCE, "a@b.cn\n", MIB / 4),
];
const STATUS: &str =
    "Content-Type: multipart/report; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\n";
const BOUNCE: &str =
    "From: mailer-daemon@a.cn\nX-Failed-Recipients: a@b.cn\nSubject: failure notice\n\n";

/// Each of them took some mail program minutes, or all memory.
#[test]
fn bombs_are_read_or_refused_in_proportion_to_their_size() {
    let read = |(_, start, piece, bytes): &Bomb| {
        let raw = Bytes::from(format!("{start}{}", piece.repeat(bytes / piece.len())));
        let started = Instant::now();
        if let Ok(letter) = letter::read(&raw) {
            bounds(&letter, raw.len());
            letter.html_view(Images::Blocked);
        }
        started.elapsed()
    };
    for bomb in BOMBS {
        let took = read(bomb);
        println!("{}: {took:?}", bomb.0);
        assert!(took < PATIENCE, "{} took {took:?}", bomb.0);
    }
}

/// Each boundary lies within the one before.
#[test]
fn a_bomb_of_depth_is_refused_soon() {
    let part = |n| format!("Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n");
    let raw: String = (0..50_000).map(part).collect();
    let started = Instant::now();
    assert_eq!(letter::read(&Bytes::from(raw)).err(), Some(Unreadable::TooDeep));
    assert!(started.elapsed() < PATIENCE);
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
