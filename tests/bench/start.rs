//! B11 and B12: from start to ready, and memory when idle.

use crate::Settings;
use crate::hutong::{self, pass, resident};
use crate::peers::Peer;
use crate::report::{Measured, median, ratios, say, spread};
use crate::server::{Keeping, Server};
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tests::port::Port;

/// Asks until it is answered with 200; the time since `begun`, in milliseconds.
pub(crate) fn until_ready(port: u16, path: &str, begun: Instant) -> Result<f64> {
    while begun.elapsed() < Duration::from_secs(20) {
        if answers(port, path).unwrap_or(false) {
            return Ok(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    bail!("nothing is ready at port {port}")
}

fn answers(port: u16, path: &str) -> Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head.ends_with(b"200"))
}

/// B11 and, from the same starts, B12.
pub(crate) fn run(settings: &Settings, keeping: Keeping) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut house = hutong::house((1, 1), 1, keeping).await;
        let redis = Server::start(keeping)?;
        let (mut ours, mut theirs, mut our_memory, mut their_memory) =
            (vec![], vec![], vec![], vec![]);
        for round in 0..settings.rounds {
            house.gateways[0].kill();
            let begun = Instant::now();
            house.gateways[0].spawn();
            ours.push(until_ready(house.gateways[0].port(), "/readyz", begun)?);
            pass(Duration::from_secs(2)).await;
            our_memory.push(resident(house.gateways[0].id().context("no gateway")?)? / 1e6);
            if let Some(folder) = &settings.peers {
                let port = Port::take();
                let begun = Instant::now();
                let peer = Peer::start(
                    folder,
                    "socketio.cjs",
                    &[&port.number().to_string(), &redis.socket().display().to_string()],
                )?;
                theirs.push(until_ready(
                    port.number(),
                    "/socket.io/?EIO=4&transport=polling",
                    begun,
                )?);
                pass(Duration::from_secs(2)).await;
                their_memory.push(resident(peer.id())? / 1e6);
            }
            say(&format!("B11 {} round {}: ours {:.0} ms", keeping.name(), round + 1, ours[round]));
        }
        tell("B11", "ms to ready", keeping, (&ours, &theirs));
        tell("B12", "MB when idle", keeping, (&our_memory, &their_memory));
        Ok(())
    })
}

fn tell(name: &str, unit: &str, keeping: Keeping, (ours, theirs): (&[f64], &[f64])) {
    let mut measured =
        Measured::new(format!("{name} {}", keeping.name()), median(ours), unit, ours.len());
    if !theirs.is_empty() {
        let shares = ratios(ours, theirs);
        measured.peer = Some(median(theirs));
        measured.ratio_to_peer = Some(median(&shares));
        measured.spread = spread(&shares);
        measured.note = "the peer is socket.io with its Redis adapter".to_owned();
    }
    measured.tell();
}
