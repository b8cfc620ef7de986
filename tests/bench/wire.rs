//! A plain client for load: many connections, many commands on each, nothing between them and the
//! server that could be slower than it.

use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(String),
    Number(i64),
    Nil,
    List(Vec<Reply>),
    Error(String),
}

impl Reply {
    /// The text, or the number as text, or nothing.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Error(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Nil | Self::List(_) => String::new(),
        }
    }

    /// The items of a list; an error is an error.
    pub(crate) fn list(&self) -> Result<&[Reply]> {
        match self {
            Self::List(items) => Ok(items),
            Self::Error(text) => bail!("Redis says {text}"),
            Self::Text(_) | Self::Number(_) | Self::Nil => bail!("expected a list: {self:?}"),
        }
    }

    /// A Function's tag: the first of its list.
    pub(crate) fn tag(&self) -> Result<&str> {
        match self.list()?.first() {
            Some(Self::Text(tag)) => Ok(tag),
            other => bail!("expected a tag: {other:?}"),
        }
    }
}

/// Encodes a command.
pub(crate) fn encode<T: AsRef<[u8]>>(words: &[T]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.as_ref().len()).as_bytes());
        bytes.extend_from_slice(word.as_ref());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// One connection.
pub(crate) struct Wire {
    stream: UnixStream,
    bytes: Vec<u8>,
    at: usize,
}

impl Wire {
    pub(crate) fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket)
            .with_context(|| format!("connect to {}", socket.display()))?;
        Ok(Self { stream, bytes: Vec::new(), at: 0 })
    }

    pub(crate) fn send(&mut self, encoded: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(encoded)?)
    }

    /// Sends a command and waits for its answer.
    pub(crate) fn ask<T: AsRef<[u8]>>(&mut self, words: &[T]) -> Result<Reply> {
        self.send(&encode(words))?;
        match self.receive()? {
            Reply::Error(text) => bail!("Redis says {text}"),
            reply => Ok(reply),
        }
    }

    /// The next answer.
    pub(crate) fn receive(&mut self) -> Result<Reply> {
        let line = self.line()?;
        let rest = String::from_utf8_lossy(&line[1..]).into_owned();
        match line[0] {
            b'+' => Ok(Reply::Text(rest)),
            b'-' => Ok(Reply::Error(rest)),
            b':' => Ok(Reply::Number(rest.parse()?)),
            b'$' | b'*' if rest == "-1" => Ok(Reply::Nil),
            b'$' => {
                let length: usize = rest.parse()?;
                while self.bytes.len() < self.at + length + 2 {
                    self.fill()?;
                }
                let text =
                    String::from_utf8_lossy(&self.bytes[self.at..self.at + length]).into_owned();
                self.at += length + 2;
                Ok(Reply::Text(text))
            }
            b'*' => (0..rest.parse::<usize>()?)
                .map(|_| self.receive())
                .collect::<Result<_>>()
                .map(Reply::List),
            other => bail!("no answer starts with {other}"),
        }
    }

    fn line(&mut self) -> Result<Vec<u8>> {
        let mut seen = self.at;
        loop {
            if let Some(end) = self.bytes[seen..].iter().position(|byte| *byte == b'\r')
                && self.bytes.len() > seen + end + 1
            {
                let line = self.bytes[self.at..seen + end].to_vec();
                self.at = seen + end + 2;
                return Ok(line);
            }
            let waiting = self.bytes.len() - self.at;
            self.fill()?;
            seen = self.at + waiting.saturating_sub(1);
        }
    }

    fn fill(&mut self) -> Result<()> {
        if self.at > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        let mut chunk = [0_u8; 65_536];
        let read = self.stream.read(&mut chunk)?;
        if read == 0 {
            bail!("Redis hung up");
        }
        self.bytes.extend_from_slice(&chunk[..read]);
        Ok(())
    }
}

/// Many connections with a number of commands under way on each.
pub(crate) struct Pool {
    wires: Vec<Wire>,
    depth: usize,
}

impl Pool {
    pub(crate) fn connect(socket: &Path, connections: usize, depth: usize) -> Result<Self> {
        let wires = (0..connections).map(|_| Wire::connect(socket)).collect::<Result<_>>()?;
        Ok(Self { wires, depth })
    }

    /// Runs every command, wave by wave; the answers stand in the commands' order.
    pub(crate) fn run(&mut self, commands: &[Vec<u8>]) -> Result<Vec<Reply>> {
        let mut replies = Vec::with_capacity(commands.len());
        for wave in commands.chunks(self.wires.len() * self.depth) {
            for (wire, batch) in self.wires.iter_mut().zip(wave.chunks(self.depth)) {
                wire.send(&batch.concat())?;
            }
            for (wire, batch) in self.wires.iter_mut().zip(wave.chunks(self.depth)) {
                for _ in batch {
                    replies.push(wire.receive()?);
                }
            }
        }
        Ok(replies)
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("connections", &self.wires.len()).finish_non_exhaustive()
    }
}
