//! Lines and letters as they come over the wire, every length and time bounded.

use crate::email::tls::Line;
use bytes::{Bytes, BytesMut};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// The longest command, in bytes: RFC 5321 says 512, extensions add to it.
const COMMAND_BYTES_MAX: usize = 2_048;
/// How long a client may take over one command (RFC 5321, 4.5.3.2.7).
const COMMAND_TIME: Duration = Duration::from_secs(300);
/// How long it may take over a piece of a letter.
const PIECE_TIME: Duration = Duration::from_secs(180);
/// How long it may take over a whole letter: a trickle ends too.
const LETTER_TIME: Duration = Duration::from_secs(1_800);
/// A letter of more bytes is large: only some of those are in memory at once.
const SMALL: usize = 1024 * 1024;
/// How much of a letter that is too large is read to its end, so that the client hears why. Behind
/// that it is cut off.
const EXCESS_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A command, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A command without its line end.
    Command(String),
    /// A line that is too long or no text; it was read to its end.
    Unreadable,
    /// A line that does not end in CR LF: what follows cannot be trusted.
    BareLineFeed,
    /// The client hung up.
    End,
    /// We were asked to stop.
    Stopped,
}

/// A letter, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Every byte, with the dots of RFC 5321, 4.5.2 taken away.
    Letter(Bytes),
    /// Larger than allowed; it was read to its end.
    TooLarge,
}

/// The other end.
pub(super) struct Talk {
    line: BufReader<Box<dyn Line>>,
    stop: CancellationToken,
    /// Turns for large letters.
    large: Arc<Semaphore>,
    /// The turn of the letter that is being heard or taken in.
    turn: Option<OwnedSemaphorePermit>,
}

impl Talk {
    pub(super) fn new(line: Box<dyn Line>, large: Arc<Semaphore>, stop: CancellationToken) -> Self {
        Self { line: BufReader::with_capacity(16 * 1024, line), stop, large, turn: None }
    }

    /// Says something. `reply` is whole lines.
    pub(super) async fn say(&mut self, reply: &str) -> io::Result<()> {
        let saying = async {
            self.line.write_all(reply.as_bytes()).await?;
            self.line.flush().await
        };
        tokio::time::timeout(PIECE_TIME, saying).await.map_err(late)?
    }

    /// Hears the next command.
    pub(super) async fn hear(&mut self) -> io::Result<Heard> {
        let stop = self.stop.clone();
        tokio::select! {
            () = stop.cancelled() => Ok(Heard::Stopped),
            heard = tokio::time::timeout(COMMAND_TIME, self.command()) => heard.map_err(late)?,
        }
    }

    async fn command(&mut self) -> io::Result<Heard> {
        let (mut line, mut is_long) = (Vec::new(), false);
        loop {
            let buffer = self.line.fill_buf().await?;
            if buffer.is_empty() {
                return Ok(Heard::End);
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let piece = buffer.get(..end.map_or(buffer.len(), |end| end + 1)).unwrap_or_default();
            is_long |= line.len() + piece.len() > COMMAND_BYTES_MAX;
            if !is_long {
                line.extend_from_slice(piece);
            }
            let used = piece.len();
            self.line.consume(used);
            if end.is_some() {
                break;
            }
        }
        if is_long {
            return Ok(Heard::Unreadable);
        }
        match line.strip_suffix(b"\r\n") {
            None => Ok(Heard::BareLineFeed),
            Some(text) => Ok(match std::str::from_utf8(text) {
                Ok(text) if !text.chars().any(char::is_control) => Heard::Command(text.to_owned()),
                _ => Heard::Unreadable,
            }),
        }
    }

    /// Reads a letter up to the dot on a line of its own. Only CR LF ends a line: anything else would
    /// let a letter smuggle in another one (RFC 5321, 4.1.1.4; CVE-2023-51764).
    ///
    /// A large one takes a turn, which it has until [`Talk::end_letter`]; while all turns are taken the
    /// client waits.
    pub(super) async fn letter(&mut self, most: usize) -> io::Result<Sent> {
        tokio::time::timeout(LETTER_TIME, self.pieces(most)).await.map_err(late)?
    }

    /// The letter is no longer in memory.
    pub(super) fn end_letter(&mut self) {
        self.turn = None;
    }

    async fn pieces(&mut self, most: usize) -> io::Result<Sent> {
        let (mut letter, mut dots, mut excess) = (BytesMut::new(), Dots::default(), 0_usize);
        loop {
            if letter.len() > SMALL && self.turn.is_none() {
                let turn = self.large.clone().acquire_owned().await;
                self.turn = Some(turn.map_err(io::Error::other)?);
            }
            let filling = tokio::time::timeout(PIECE_TIME, self.line.fill_buf());
            let buffer = filling.await.map_err(late)??;
            if buffer.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let room = letter.len() <= most;
            let (used, is_end) = dots.read(buffer, |byte| {
                if room {
                    letter.extend_from_slice(&[byte]);
                } else {
                    excess += 1;
                }
            });
            self.line.consume(used);
            if is_end {
                return Ok(match letter.len() <= most {
                    true => Sent::Letter(letter.freeze()),
                    false => Sent::TooLarge,
                });
            }
            if excess > EXCESS_BYTES_MAX {
                return Err(io::Error::other("a letter without end"));
            }
        }
    }
}

fn late(_elapsed: tokio::time::error::Elapsed) -> io::Error {
    io::ErrorKind::TimedOut.into()
}

/// Where in a line the reading of a letter is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum At {
    /// At its beginning.
    #[default]
    Start,
    /// Behind a dot at its beginning, which is not passed on.
    Dot,
    /// Behind that dot and a CR, which is not passed on yet.
    DotCr,
    /// Anywhere else.
    Middle,
    /// Behind a CR.
    Cr,
}

/// Takes the dots away and finds the end.
#[derive(Debug, Default)]
struct Dots {
    at: At,
}

impl Dots {
    /// Reads from a piece and passes the letter's bytes on. How much was read, and whether the end was
    /// among it.
    fn read(&mut self, piece: &[u8], mut pass: impl FnMut(u8)) -> (usize, bool) {
        for (n, byte) in piece.iter().enumerate() {
            self.at = match (self.at, *byte) {
                (At::DotCr, b'\n') => return (n + 1, true),
                (At::Start, b'.') => At::Dot,
                (At::Dot, b'\r') => At::DotCr,
                (At::DotCr, other) => {
                    pass(b'\r');
                    pass(other);
                    if other == b'\r' { At::Cr } else { At::Middle }
                }
                (At::Cr, b'\n') => {
                    pass(b'\n');
                    At::Start
                }
                (_, b'\r') => {
                    pass(b'\r');
                    At::Cr
                }
                (_, other) => {
                    pass(other);
                    At::Middle
                }
            };
        }
        (piece.len(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a letter however it is cut into pieces.
    fn read(text: &[u8]) -> Vec<(Vec<u8>, usize)> {
        (1..=text.len())
            .map(|size| {
                let (mut dots, mut letter, mut used) = (Dots::default(), Vec::new(), 0);
                for piece in text.chunks(size) {
                    let (read, is_end) = dots.read(piece, |byte| letter.push(byte));
                    used += read;
                    if is_end {
                        break;
                    }
                }
                (letter, used)
            })
            .collect()
    }

    fn reads_as(text: &[u8], letter: &[u8], used: usize) {
        for (found, read) in read(text) {
            assert_eq!((found.as_slice(), read), (letter, used), "{text:?}");
        }
    }

    #[test]
    fn dots_are_taken_away_and_the_end_is_found() {
        reads_as(b"a\r\n..b\r\n.\r\nQUIT\r\n", b"a\r\n.b\r\n", 11);
        reads_as(b".\r\nQUIT\r\n", b"", 3);
        reads_as(b"a\r\n.x\r\r\n.\r\n", b"a\r\nx\r\r\n", 11);
    }

    #[test]
    fn only_cr_lf_dot_cr_lf_is_an_end() {
        for smuggled in [
            &b"a\n.\nMAIL FROM:<x>\r\n.\r\n"[..],
            b"a\n.\r\nMAIL FROM:<x>\r\n.\r\n",
            b"a\r\n.\nMAIL FROM:<x>\r\n.\r\n",
            b"a\r.\rMAIL FROM:<x>\r\n.\r\n",
            b"a\r\n.\rMAIL FROM:<x>\r\n.\r\n",
        ] {
            for (letter, used) in read(smuggled) {
                assert_eq!(used, smuggled.len(), "{smuggled:?}");
                assert!(letter.ends_with(b"MAIL FROM:<x>\r\n"), "{smuggled:?}");
            }
        }
    }

    async fn talk(said: &'static [u8]) -> Talk {
        let (mut client, server) = tokio::io::duplex(64 * 1024);
        client.write_all(said).await.unwrap();
        drop(client);
        let large = Arc::new(Semaphore::new(1));
        Talk::new(Box::new(server), large, CancellationToken::new())
    }

    #[tokio::test]
    async fn commands_are_bounded_and_end_in_cr_lf() {
        let mut talk = talk(b"NOOP\r\nNO\x00OP\r\nNOOP\nrest").await;
        assert_eq!(talk.hear().await.unwrap(), Heard::Command("NOOP".to_owned()));
        assert_eq!(talk.hear().await.unwrap(), Heard::Unreadable);
        assert_eq!(talk.hear().await.unwrap(), Heard::BareLineFeed);
        assert_eq!(talk.hear().await.unwrap(), Heard::End);
        let long: &'static [u8] =
            [b"x".repeat(COMMAND_BYTES_MAX).as_slice(), b"\r\nQUIT\r\n"].concat().leak();
        let mut talk = self::talk(long).await;
        assert_eq!(talk.hear().await.unwrap(), Heard::Unreadable);
        assert_eq!(talk.hear().await.unwrap(), Heard::Command("QUIT".to_owned()));
    }

    #[tokio::test]
    async fn a_letter_that_is_too_large_is_read_to_its_end() {
        let mut talk = talk(b"0123456789\r\n.\r\nQUIT\r\n").await;
        assert_eq!(talk.letter(5).await.unwrap(), Sent::TooLarge);
        assert_eq!(talk.hear().await.unwrap(), Heard::Command("QUIT".to_owned()));
        let mut talk = self::talk(b"half a letter\r\n").await;
        assert!(talk.letter(100).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_letter_waits_until_another_is_taken_in() {
        let large = Arc::new(Semaphore::new(1));
        let most = 4 * SMALL;
        let heard = async || {
            let (mut client, server) = tokio::io::duplex(64 * 1024);
            let stop = CancellationToken::new();
            let mut talk = Talk::new(Box::new(server), large.clone(), stop);
            let letter = format!("{}.\r\n", "a line of a letter\r\n".repeat(2 * SMALL / 20));
            let writing = async { client.write_all(letter.as_bytes()).await };
            let (sent, written) = tokio::join!(talk.letter(most), writing);
            written.unwrap();
            let sent = sent.unwrap();
            assert!(matches!(sent, Sent::Letter(bytes) if bytes.len() > SMALL));
            talk
        };
        let mut first = heard().await;
        let mut second = std::pin::pin!(heard());
        // Time goes on only when nothing else can.
        let waited = tokio::time::timeout(Duration::from_secs(1), &mut second).await;
        assert!(waited.is_err(), "there is one turn");
        first.end_letter();
        second.await;
    }
}
