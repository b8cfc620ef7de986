//! The frames of the event socket: header lines, an empty line, and as many bytes as `Content-Length` says.

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest head of a frame, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The longest body: an event has all variables of its channel.
const BODY_BYTES_MAX: usize = 1 << 20;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// `Content-Type`.
    pub(super) kind: String,
    /// `Reply-Text`; empty where there is none.
    pub(super) reply: String,
    /// What it says.
    pub(super) body: Vec<u8>,
}

/// Why a line cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// It was closed or cut.
    #[error("it was closed")]
    Closed,
    /// A head or a body over its bound.
    #[error("a frame is too large")]
    TooLarge,
    /// It does not speak this protocol.
    #[error("a frame makes no sense")]
    Nonsense,
}

/// Reads frames off a line.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: BytesMut,
}

impl Frames {
    /// The next frame.
    ///
    /// Cancel safety: nothing of a frame is lost.
    pub(super) async fn next(
        &mut self,
        line: &mut (impl AsyncRead + Unpin),
    ) -> Result<Frame, Broken> {
        loop {
            if let Some(frame) = take(&mut self.buffer)? {
                return Ok(frame);
            }
            match line.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Err(Broken::Closed),
                Ok(_) => {}
            }
        }
    }
}

/// The first whole frame of what has come.
fn take(buffer: &mut BytesMut) -> Result<Option<Frame>, Broken> {
    // Some versions put line breaks between frames.
    while buffer.first() == Some(&b'\n') {
        buffer.advance(1);
    }
    let Some(head_bytes) = memchr::memmem::find(buffer, b"\n\n") else {
        return if buffer.len() > HEAD_BYTES_MAX { Err(Broken::TooLarge) } else { Ok(None) };
    };
    if head_bytes > HEAD_BYTES_MAX {
        return Err(Broken::TooLarge);
    }
    let (head, rest) = buffer.split_at(head_bytes);
    let (frame, length) = read_head(head)?;
    let body_at = head_bytes + 2;
    if rest.len() < 2 + length {
        return Ok(None);
    }
    buffer.advance(body_at);
    let body = buffer.split_to(length).to_vec();
    Ok(Some(Frame { body, ..frame }))
}

fn read_head(head: &[u8]) -> Result<(Frame, usize), Broken> {
    let head = std::str::from_utf8(head).map_err(|_bad| Broken::Nonsense)?;
    let mut frame = Frame { kind: String::new(), reply: String::new(), body: Vec::new() };
    let mut length = 0;
    for line in head.lines() {
        let (name, value) = line.split_once(':').ok_or(Broken::Nonsense)?;
        let value = value.trim();
        match name {
            "Content-Type" => frame.kind = value.to_owned(),
            "Reply-Text" => frame.reply = value.to_owned(),
            "Content-Length" => length = value.parse().map_err(|_bad| Broken::Nonsense)?,
            _ => {}
        }
    }
    match length {
        _ if frame.kind.is_empty() => Err(Broken::Nonsense),
        length if length > BODY_BYTES_MAX => Err(Broken::TooLarge),
        length => Ok((frame, length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_are_read_whole_and_in_order() {
        let text = "Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n\
                    Content-Length: 5\nContent-Type: api/response\n\n+OK\n\nContent-Type: x\n";
        let mut buffer = BytesMut::from(text);
        let frame = |kind: &str, reply: &str, body: &str| {
            let (kind, reply, body) = (kind.to_owned(), reply.to_owned(), body.as_bytes().to_vec());
            Ok(Some(Frame { kind, reply, body }))
        };
        assert_eq!(take(&mut buffer), frame("auth/request", "", ""));
        assert_eq!(take(&mut buffer), frame("command/reply", "+OK accepted", ""));
        assert_eq!(take(&mut buffer), frame("api/response", "", "+OK\n\n"));
        assert_eq!(take(&mut buffer), Ok(None));
    }

    #[test]
    fn what_is_too_large_or_no_frame_is_refused() {
        let of = |text: &str| take(&mut BytesMut::from(text));
        assert_eq!(of(&"x".repeat(HEAD_BYTES_MAX + 1)), Err(Broken::TooLarge));
        let large = format!("Content-Type: x\nContent-Length: {}\n\n", BODY_BYTES_MAX + 1);
        assert_eq!(of(&large), Err(Broken::TooLarge));
        for nonsense in [
            "HTTP/1.1 200 OK\n\n",
            "Content-Length: 1\n\nx",
            "Content-Type: x\nContent-Length: -1\n\n",
        ] {
            assert_eq!(of(nonsense), Err(Broken::Nonsense), "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_nothing_breaks(bytes in prop::collection::vec(any::<u8>(), 0..300), head in any::<bool>()) {
            let start: &[u8] = if head { b"Content-Type: x\nContent-Length: 12\n\n" } else { b"" };
            let mut buffer = BytesMut::from(&[start, &bytes].concat()[..]);
            while let Ok(Some(frame)) = take(&mut buffer) {
                prop_assert!(!frame.kind.is_empty());
            }
        }
    }
}
