//! B10: letters taken in each second, out of a real mailbox and over LMTP.

use crate::Settings;
use crate::corpus;
use crate::hutong::{cpu_us, highest, pass, resident};
use crate::peers::Peer;
use crate::report::{Measured, median, ratios, say, spread};
use crate::server::Keeping;
use crate::start::until_ready;
use anyhow::{Context, Result, bail};
use channels::{Envelope, RawInbound};
use domain::Timestamp;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use tests::desk::DeskFile;
use tests::mail_server::{MailServer, PASSWORD};
use tests::name_server::NameServer;
use tests::port::Port;
use tests::{GatewayProcess, House};

const DESK: &str = "help@city.example";
/// So many mail servers deliver at once over LMTP.
const SENDERS: usize = 8;
/// A letter of this size is large, in bytes.
const LARGE: usize = 50 * 1024 * 1024;

/// B10 at one durability.
pub(crate) fn run(settings: &Settings, keeping: Keeping) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let count = if settings.quick { 200 } else { 2_000 };
    let letters = corpus::letters(count, DESK);
    let mean = letters.iter().map(String::len).sum::<usize>() / letters.len();
    say(&format!("B10: {count} letters, {mean} bytes each in the mean"));
    runtime.block_on(async {
        from_a_mailbox(settings, keeping, &letters).await?;
        over_lmtp(settings, keeping, &letters).await?;
        if keeping == Keeping::Strict && settings.both {
            // Neither waits for the disk more than the other.
            return Ok(());
        }
        a_large_letter(keeping).await?;
        a_first_opening(settings, keeping).await
    })
}

/// How much memory one large letter takes, at the most, beyond what the gateway had.
async fn a_large_letter(keeping: Keeping) -> Result<()> {
    let letters = [corpus::large(LARGE, DESK)];
    let mailbox = Mailbox::empty().await?;
    let house = mailbox.house(keeping, 0).await?;
    let peak = mailbox.peak(&house, letters.iter(), 1).await?;
    let size = letters[0].len() as f64 / 1e6;
    let name = format!("B10 large {}", keeping.name());
    let mut measured = Measured::new(name, peak, "MB more for a large letter", 1);
    measured.limit = Some(2.0 * size);
    measured.floor = Some(size);
    measured.ratio_to_floor = Some(peak / size);
    measured.note = "floor: the letter itself; at most twice that is wanted".to_owned();
    measured.tell();
    Ok(())
}

/// How much memory it takes to read a full mailbox for the first time, and how long.
async fn a_first_opening(settings: &Settings, keeping: Keeping) -> Result<()> {
    let count = if settings.quick { 1_000 } else { 100_000 };
    let mailbox = Mailbox::empty().await?;
    let house = mailbox.house(keeping, count).await?;
    let begun = Instant::now();
    let peak = mailbox.peak(&house, corpus::short(count, DESK), count).await?;
    let took = begun.elapsed().as_secs_f64();
    let name = format!("B10 first opening {}", keeping.name());
    let mut measured = Measured::new(name, peak, "MB more for a full mailbox", 1);
    measured.limit = Some(100.0 * 1024.0 * 1024.0 / 1e6);
    measured.note = format!("{count} letters in {took:.0} s");
    measured.tell();
    Ok(())
}

/// What one round told.
struct Round {
    per_second: f64,
    gateway_us: f64,
    redis_us: f64,
}

async fn from_a_mailbox(settings: &Settings, keeping: Keeping, letters: &[String]) -> Result<()> {
    let (mut ours, mut reader, mut parser, mut node) = (vec![], vec![], vec![], vec![]);
    let (mut gateway, mut redis) = (vec![], vec![]);
    for round in 0..settings.rounds {
        parser.push(bare_parser(letters));
        reader.push(own_reader(letters).await?);
        let one = mailbox_round(keeping, letters).await?;
        say(&format!(
            "B10 {} round {}: {:.0} letters/s, gateway {:.0} µs, redis {:.0} µs each; our reader {:.0}/s, mail-parser {:.0}/s",
            keeping.name(),
            round + 1,
            one.per_second,
            one.gateway_us,
            one.redis_us,
            reader[round],
            parser[round],
        ));
        ours.push(one.per_second);
        gateway.push(one.gateway_us);
        redis.push(one.redis_us);
        if let Some(folder) = &settings.peers {
            node.push(mailparser(folder, letters)?);
        }
    }
    let shares = ratios(&ours, &reader);
    let name = format!("B10 {}", keeping.name());
    let mut measured = Measured::new(name, median(&ours), "letters/s from IMAP", ours.len());
    measured.floor = Some(median(&reader));
    measured.limit = Some(median(&parser));
    measured.ratio_to_floor = Some(median(&shares));
    measured.spread = spread(&shares);
    measured.note = format!(
        "floor: our reader alone on one core; limit: mail-parser alone; per letter {:.0} µs of the gateway, {:.0} µs of Redis",
        median(&gateway),
        median(&redis)
    );
    if !node.is_empty() {
        measured.peer = Some(median(&node));
        measured.ratio_to_peer = Some(median(&ratios(&ours, &node)));
        measured.note.push_str("; peer: npm mailparser alone");
    }
    measured.tell();
    Ok(())
}

async fn mailbox_round(keeping: Keeping, letters: &[String]) -> Result<Round> {
    let mailbox = Mailbox::empty().await?;
    mailbox.server.lay(DESK, letters.iter());
    let house = mailbox.house(keeping, letters.len()).await?;
    let gateway = &house.gateways[0];
    let process = gateway.id().context("no gateway")?;
    // The first letters are left out: they wait for the door to open.
    until_taken(gateway, letters.len() / 10).await?;
    let (begun, cpu) = (Instant::now(), cpu_us(process)?);
    let from = taken(gateway)?;
    let redis = redis_cpu(&house).await?;
    until_taken(gateway, letters.len()).await?;
    let (took, count) = (begun.elapsed().as_secs_f64(), (letters.len() - from) as f64);
    Ok(Round {
        per_second: count / took,
        gateway_us: (cpu_us(process)? - cpu) / count,
        redis_us: (redis_cpu(&house).await? - redis) / count,
    })
}

/// A real mailbox.
struct Mailbox {
    server: MailServer,
    names: NameServer,
    _folder: tempfile::TempDir,
}

impl Mailbox {
    async fn empty() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hutong-bench-mail-").tempdir()?;
        open_to_all(folder.path())?;
        let server = MailServer::start(&folder.path().join("dovecot")).await;
        Ok(Self { server, names: NameServer::start().await, _folder: folder })
    }

    /// The highest memory until so many letters were taken in, beyond what a quiet gateway had, in MB.
    async fn peak(
        &self,
        house: &House,
        letters: impl Iterator<Item = impl AsRef<[u8]>>,
        count: usize,
    ) -> Result<f64> {
        let gateway = &house.gateways[0];
        until_ready(gateway.port(), "/readyz", Instant::now())?;
        pass(Duration::from_secs(3)).await;
        let process = gateway.id().context("no gateway")?;
        let before = resident(process)?;
        std::fs::write(format!("/proc/{process}/clear_refs"), "5")?;
        self.server.lay(DESK, letters);
        until_taken(gateway, count).await?;
        Ok((highest(process)? - before) / 1e6)
    }

    /// A house that begins to read it, with room for so many who wait.
    async fn house(&self, keeping: Keeping, waiting: usize) -> Result<House> {
        let imap = json!({ "host": "127.0.0.1", "port": self.server.imap_port(), "security": "plain",
            "user": DESK, "password": PASSWORD, "start": "all", "poll_secs": 5 });
        let mut house = house(keeping, &self.names, (json!({ "imap": imap }), waiting)).await;
        house.gateways[0].spawn();
        Ok(house)
    }
}

async fn house(keeping: Keeping, names: &NameServer, (more, waiting): (Value, usize)) -> House {
    let mut settings = json!({ "address": DESK, "name": { "zh-CN": "市政务服务", "en": "City services" },
        "dns": [names.address()] });
    for (key, value) in more.as_object().into_iter().flatten() {
        settings[key] = value.clone();
    }
    let overflow = json!({ "overflow": { "waiting_max": waiting.max(10_000) } });
    let desk = DeskFile::small()
        .with_email("mail", &["tax"], settings)
        .with_queue_changed("tax", overflow);
    let plan = House::of(desk).with("log.level", "warn");
    let plan = if keeping == Keeping::Relaxed { plan.relaxed() } else { plan };
    plan.build().await
}

/// Mail servers run as another user where this runs as root.
fn open_to_all(folder: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?)
}

/// Letters that the gateway took in so far; none while it does not answer.
fn taken(gateway: &GatewayProcess) -> Result<usize> {
    let Ok(text) = page(gateway.port(), "/metrics") else { return Ok(0) };
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("hutong_letters_total{outcome=\"accepted\"} "));
    Ok(line.map_or(Ok(0), str::parse)?)
}

fn page(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

async fn until_taken(gateway: &GatewayProcess, count: usize) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1_800) {
        if taken(gateway)? >= count {
            return Ok(());
        }
        // Asking more often would be a good part of the work.
        pass(Duration::from_millis(100)).await;
    }
    bail!("only {} of {count} letters were taken in: {}", taken(gateway)?, gateway.output())
}

pub(crate) async fn redis_cpu(house: &House) -> Result<f64> {
    let info: String = house.redis.ask(&["INFO", "cpu"]).await;
    let of = |field: &str| -> Result<f64> {
        let line = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        Ok(line.with_context(|| format!("INFO lacks {field}"))?.trim().parse()?)
    };
    Ok((of("used_cpu_sys")? + of("used_cpu_user")?) * 1e6)
}

/// Letters that our reader alone reads in a second, on one core: charsets, quotes, HTML made harmless, and
/// where they come from.
async fn own_reader(letters: &[String]) -> Result<f64> {
    let names = NameServer::start().await;
    let settings = json!({ "address": DESK, "dns": [names.address()],
        "imap": { "host": "127.0.0.1", "user": DESK, "password": PASSWORD } });
    let desk = DeskFile::small().with_email("mail", &["tax"], settings);
    let desk: domain::Desk = serde_json::from_value(desk.json().clone())?;
    let channel = desk.channels.iter().find(|channel| channel.id.as_str() == "mail");
    let means =
        channels::Means { mail: channels::MailReach::anywhere(), ..channels::Means::none() };
    let built = channels::registry::build(channel.context("no mail channel")?, &means);
    let adapter = built.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let begun = Instant::now();
    for letter in letters {
        let raw = RawInbound {
            channel: "mail".parse()?,
            place: String::new(),
            envelope: Envelope::default(),
            received_at: Timestamp(0),
            bytes: letter.clone().into(),
            is_whole: true,
        };
        std::hint::black_box(adapter.read(&raw).await?);
    }
    Ok(letters.len() as f64 / begun.elapsed().as_secs_f64())
}

/// Letters that mail-parser alone reads in a second, to their decoded bodies, on one core.
fn bare_parser(letters: &[String]) -> f64 {
    let parser = mail_parser::MessageParser::default();
    let begun = Instant::now();
    let mut bytes = 0_usize;
    for letter in letters {
        let message = parser.parse(letter.as_bytes());
        let parts = message.iter().flat_map(|message| &message.parts);
        bytes += parts.map(mail_parser::MessagePart::len).sum::<usize>();
    }
    std::hint::black_box(bytes);
    letters.len() as f64 / begun.elapsed().as_secs_f64()
}

/// The same of npm's mailparser.
fn mailparser(folder: &std::path::Path, letters: &[String]) -> Result<f64> {
    let corpus = tempfile::Builder::new().prefix("hutong-bench-letters-").tempdir()?;
    for (n, letter) in letters.iter().enumerate() {
        std::fs::write(corpus.path().join(format!("{n}.eml")), letter)?;
    }
    let mut peer = Peer::start(folder, "mailparser.cjs", &[&corpus.path().to_string_lossy()])?;
    let told = peer.ask("read")?;
    told["per_second"].as_f64().context("the peer told no speed")
}

/// Letters delivered by several mail servers at once, beside a sink that only answers.
async fn over_lmtp(settings: &Settings, keeping: Keeping, letters: &[String]) -> Result<()> {
    let (mut ours, mut bare) = (vec![], vec![]);
    for round in 0..settings.rounds {
        let sink = sink()?;
        bare.push(deliver_all(sink, letters)?);
        let (port, names) = (Port::take(), NameServer::start().await);
        let listen = json!({ "listen": format!("127.0.0.1:{}", port.number()) });
        let mut house = house(keeping, &names, (json!({ "lmtp": listen }), letters.len())).await;
        house.gateways[0].start().await;
        until_open(port.number()).await?;
        let (number, letters) = (port.number(), letters.to_vec());
        ours.push(tokio::task::spawn_blocking(move || deliver_all(number, &letters)).await??);
        say(&format!(
            "B10 lmtp {} round {}: {:.0}/s, a bare sink {:.0}/s",
            keeping.name(),
            round + 1,
            ours[round],
            bare[round]
        ));
    }
    let shares = ratios(&ours, &bare);
    let name = format!("B10 lmtp {}", keeping.name());
    let mut measured = Measured::new(name, median(&ours), "letters/s over LMTP", ours.len());
    measured.limit = Some(median(&bare));
    measured.ratio_to_floor = Some(median(&shares));
    measured.floor = measured.limit;
    measured.spread = spread(&shares);
    measured.note = format!("floor: a sink that only answers; {SENDERS} servers deliver at once");
    measured.tell();
    Ok(())
}

async fn until_open(port: u16) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        pass(Duration::from_millis(20)).await;
    }
    bail!("the LMTP door does not open")
}

/// Letters a second that several connections deliver, each letter after the answer to the last.
fn deliver_all(port: u16, letters: &[String]) -> Result<f64> {
    let begun = Instant::now();
    let share = letters.len().div_ceil(SENDERS);
    std::thread::scope(|scope| {
        let senders: Vec<_> =
            letters.chunks(share).map(|share| scope.spawn(move || deliver(port, share))).collect();
        senders.into_iter().try_for_each(|sender| {
            sender.join().unwrap_or_else(|_panic| bail!("a sender panicked"))
        })
    })?;
    Ok(letters.len() as f64 / begun.elapsed().as_secs_f64())
}

fn deliver(port: u16, letters: &[String]) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut hear = || -> Result<String> {
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                bail!("the server left");
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    };
    hear()?;
    write!(stream, "LHLO bench\r\n")?;
    hear()?;
    for letter in letters {
        let body = letter.replace("\r\n.", "\r\n..");
        let parts = [
            "MAIL FROM:<wang@agency.example>\r\n".to_owned(),
            format!("RCPT TO:<{DESK}>\r\n"),
            "DATA\r\n".to_owned(),
            format!("{body}\r\n.\r\n"),
        ];
        for part in parts {
            stream.write_all(part.as_bytes())?;
            let answer = hear()?;
            if !answer.starts_with(['2', '3']) {
                bail!("the server said {answer}");
            }
        }
    }
    Ok(())
}

/// An LMTP server that keeps nothing; where it listens.
fn sink() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(SENDERS) {
            std::thread::spawn(move || stream.map_err(anyhow::Error::from).and_then(swallow));
        }
    });
    Ok(port)
}

fn swallow(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 sink\r\n")?;
    let (mut line, mut in_letter) = (Vec::new(), false);
    while lines.read_until(b'\n', &mut line)? > 0 {
        match (in_letter, line.as_slice()) {
            (true, b".\r\n") => {
                in_letter = false;
                stream.write_all(b"250 taken\r\n")?;
            }
            (true, _) => {}
            (false, b"DATA\r\n") => {
                in_letter = true;
                stream.write_all(b"354 go on\r\n")?;
            }
            (false, _) => stream.write_all(b"250 yes\r\n")?,
        }
        line.clear();
    }
    Ok(())
}
