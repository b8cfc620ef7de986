//! Speaking with mail servers line by line, as their own kind does.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);

/// A line to a server on this machine.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// What the system said.
    pub async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Says bytes as they are.
    ///
    /// # Errors
    /// When the line broke.
    pub async fn say(&mut self, words: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(words.as_bytes()).await
    }

    /// The next line, without its end; empty when the server hung up.
    ///
    /// # Errors
    /// When the line broke, or nothing came within ten seconds.
    pub async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        let reading = self.stream.read_line(&mut line);
        timeout(PATIENCE, reading)
            .await
            .map_err(|_late| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(line.trim_end().to_owned())
    }

    /// The next whole answer: its last line, `250 …` behind `250-…`.
    ///
    /// # Errors
    /// As [`Wire::line`].
    pub async fn answer(&mut self) -> io::Result<String> {
        loop {
            let line = self.line().await?;
            if line.get(3..4) != Some("-") {
                return Ok(line);
            }
        }
    }

    /// Says a command and hears the answer.
    ///
    /// # Errors
    /// As [`Wire::line`].
    pub async fn ask(&mut self, command: &str) -> io::Result<String> {
        self.say(&format!("{command}\r\n")).await?;
        self.answer().await
    }

    /// Delivers one letter from the greeting to the answer behind its last dot. Ends early with the
    /// first refusal.
    ///
    /// # Errors
    /// As [`Wire::line`].
    pub async fn deliver(
        &mut self,
        greeting: &str,
        from: &str,
        to: &str,
        letter: &str,
    ) -> io::Result<String> {
        let mut answer = self.answer().await?;
        let commands = [
            format!("{greeting} tests.hutong"),
            format!("MAIL FROM:<{from}>"),
            format!("RCPT TO:<{to}>"),
            "DATA".to_owned(),
        ];
        for command in commands {
            if !answer.starts_with('2') {
                return Ok(answer);
            }
            answer = self.ask(&command).await?;
        }
        if !answer.starts_with("354") {
            return Ok(answer);
        }
        let letter = letter.replace("\r\n", "\n").replace('\n', "\r\n").replace("\r\n.", "\r\n..");
        self.ask(&format!("{letter}\r\n.")).await
    }
}
