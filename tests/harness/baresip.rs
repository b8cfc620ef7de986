//! A real telephone (baresip) for each test: it plays a tone, and tells what it hears.

use crate::eventually::{eventually, holds};
use crate::mail_server::program;
use crate::port::Port;
use crate::process::Process;
use crate::watched::Watched;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// Where systems keep its modules.
const MODULES: [&str; 4] = [
    "/usr/lib/baresip/modules",
    "/usr/lib64/baresip/modules",
    "/usr/local/lib/baresip/modules",
    "/opt/homebrew/lib/baresip/modules",
];

/// Does it take calls by itself?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// As soon as it rings.
    AtOnce,
    /// When somebody tells it to.
    WhenTold,
}

/// A running telephone.
#[derive(Debug)]
pub struct Phone {
    process: Process,
    user: String,
    sip: (Port, Port),
    media: (Port, Port),
    control: Mutex<tokio::net::tcp::OwnedWriteHalf>,
    heard: Arc<Watched<Vec<Value>>>,
    _control_port: Port,
    _reading: JoinSet<()>,
}

impl Phone {
    /// Starts one that keeps its files in `folder`.
    ///
    /// # Panics
    /// When it does not come up within ten seconds.
    pub async fn start(folder: &Path, user: &str, answers: Answers) -> Self {
        Self::start_with(folder, user, answers, "").await
    }

    /// Starts one that speaks TLS as well, as whom this file (PEM, with the key) says.
    ///
    /// # Panics
    /// As [`Phone::start`].
    pub async fn start_with_tls(folder: &Path, user: &str, answers: Answers, pem: &Path) -> Self {
        let more = format!("sip_certificate {}\n", pem.display());
        Self::start_with(folder, user, answers, &more).await
    }

    async fn start_with(folder: &Path, user: &str, answers: Answers, more: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let (sip, media, control) = (pair(), pair(), Port::take());
        let tone = folder.join("tone.wav");
        std::fs::write(&tone, wav(&tone_of(440))).unwrap();
        let config = config(&tone, sip.0.number(), media.0.number(), control.number());
        std::fs::write(folder.join("config"), config + more).unwrap();
        std::fs::write(folder.join("accounts"), account(user, sip.0.number(), answers)).unwrap();
        std::fs::write(folder.join("contacts"), "").unwrap();
        let mut command = Command::new(program(&["baresip"]));
        // With every message in its output.
        command.arg("-s").arg("-f").arg(folder);
        let process = Process::start(&format!("baresip-{user}"), &mut command, folder);
        let stream = eventually("baresip listens", async || {
            let opened = TcpStream::connect(("127.0.0.1", control.number())).await;
            holds(process.output().contains("baresip is ready"), process.output())?;
            opened.map_err(|error| error.to_string())
        })
        .await;
        let (reads, writes) = stream.into_split();
        let heard = Arc::new(Watched::default());
        let mut reading = JoinSet::new();
        reading.spawn(read(reads, Arc::clone(&heard)));
        Self {
            process,
            user: user.to_owned(),
            sip,
            media,
            control: Mutex::new(writes),
            heard,
            _control_port: control,
            _reading: reading,
        }
    }

    /// Its address.
    pub fn uri(&self) -> String {
        format!("sip:{}@127.0.0.1:{}", self.user, self.port())
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.sip.0.number()
    }

    /// Its address within TLS.
    pub fn tls_uri(&self) -> String {
        format!("sip:{}@127.0.0.1:{};transport=tls", self.user, self.sip.1.number())
    }

    /// Where it hears sound.
    pub fn media_port(&self) -> u16 {
        self.media.0.number()
    }

    /// Every message that it has sent and received, and more.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Tells it to do something: `accept`, `hangup`, `hold`, `resume`.
    ///
    /// # Panics
    /// When its line is gone.
    pub async fn does(&self, command: &str) {
        let text = json!({ "command": command }).to_string();
        let text = format!("{}:{text},", text.len());
        self.control.lock().await.write_all(text.as_bytes()).await.unwrap();
    }

    /// Waits until it has told so many events of a type, such as `CALL_INCOMING`.
    pub async fn tells(&self, event: &str, count: usize) {
        let what = format!("{} tells {event}", self.user);
        self.heard
            .until(&what, |heard| {
                let told = heard.iter().filter(|value| value["type"] == event).count();
                (told >= count).then_some(())
            })
            .await;
    }

    /// How many events of a type it has told so far.
    pub fn told(&self, event: &str) -> usize {
        self.heard.look(|heard| heard.iter().filter(|value| value["type"] == event).count())
    }

    /// How many calls have come in so far, answered or not.
    pub fn calls(&self) -> usize {
        let output = self.output();
        let mut ids = BTreeSet::new();
        for invite in output.split("\nINVITE sip:").skip(1) {
            ids.insert(invite.lines().find(|line| line.starts_with("Call-ID:")));
        }
        ids.len()
    }

    /// Does it hear something now? It tells its bits in each direction twice a second.
    pub fn hears(&self) -> bool {
        let output = self.output();
        let last = output.rsplit("audio=").find(|part| part.contains("(bit/s)"));
        let bits = last.and_then(|part| part.split(' ').next()?.split_once('/'));
        bits.is_some_and(|(_sent, heard)| heard.parse::<u64>().is_ok_and(|bits| bits > 0))
    }
}

/// Two ports side by side, of which the first is even: sound and its reports, or a port and the one that a
/// telephone takes for TLS without being asked.
fn pair() -> (Port, Port) {
    let mut kept = Vec::new();
    loop {
        let (first, second) = (Port::take(), Port::take());
        if first.number() % 2 == 0 && second.number() == first.number() + 1 {
            return (first, second);
        }
        // Kept, so that the next ones are others; the second may be the first of a pair.
        drop(second);
        kept.push(first);
    }
}

async fn read(mut stream: OwnedReadHalf, heard: Arc<Watched<Vec<Value>>>) {
    let (mut whole, mut part) = (Vec::new(), [0; 4_096]);
    while let Ok(bytes @ 1..) = stream.read(&mut part).await {
        whole.extend_from_slice(&part[..bytes]);
        // `12:{"event":…},` (a netstring).
        while let Some(colon) = whole.iter().position(|byte| *byte == b':') {
            let size: usize = std::str::from_utf8(&whole[..colon]).unwrap().parse().unwrap();
            let end = colon + 1 + size;
            if whole.len() <= end {
                break;
            }
            let value = serde_json::from_slice(&whole[colon + 1..end]).unwrap();
            whole.drain(..=end);
            heard.change(|heard| heard.push(value));
        }
    }
}

fn account(user: &str, port: u16, answers: Answers) -> String {
    let mode = match answers {
        Answers::AtOnce => "auto",
        Answers::WhenTold => "manual",
    };
    format!("<sip:{user}@127.0.0.1:{port}>;regint=0;answermode={mode};audio_codecs=PCMA/8000\n")
}

fn config(tone: &Path, sip: u16, media: u16, control: u16) -> String {
    let modules = MODULES.iter().map(PathBuf::from).find(|folder| folder.exists());
    let modules = modules.unwrap_or_default().display().to_string();
    let tone = tone.display();
    format!(
        "module_path {modules}\n\
         module g711.so\nmodule aufile.so\nmodule aubridge.so\n\
         module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
         ctrl_tcp_listen 127.0.0.1:{control}\n\
         sip_listen 127.0.0.1:{sip}\nnet_interface 127.0.0.1\n\
         audio_source aufile,{tone}\naudio_player aubridge,ear\naudio_alert aubridge,bell\n\
         audio_srate 8000\nrtp_ports {media}-{next}\nrtp_stats yes\ncall_max_calls 4\n",
        next = media + 1,
    )
}

/// Half a minute of a tone, a square wave at 8 kHz.
fn tone_of(hertz: u32) -> Vec<i16> {
    let is_up = |n: u32| (n * hertz * 2 / 8_000).is_multiple_of(2);
    (0..240_000_u32).map(|n| if is_up(n) { 8_000 } else { -8_000 }).collect()
}

/// A RIFF file with one channel of 16 bits at 8 kHz.
fn wav(samples: &[i16]) -> Vec<u8> {
    let bytes = u32::try_from(samples.len() * 2).unwrap();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(8_000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend(2_u16.to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}
