//! A line between two processes that can be bad: cut, slow, silent in one direction, or half open.
//! It listens where you say (TCP or a unix socket) and calls a TCP port or a unix socket.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// How the line is just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// Refuses new connections and ends the old ones.
    pub is_cut: bool,
    /// Swallows what the server answers: what was asked may have happened.
    pub drops_answers: bool,
    /// The same, from the first question on that holds these bytes.
    pub drops_answers_from: Option<&'static [u8]>,
    /// Keeps connections open and moves nothing either way.
    pub is_half_open: bool,
    /// Holds each piece back for so many milliseconds, both ways.
    pub delay_ms: u64,
}

/// A running proxy.
#[derive(Debug)]
pub struct ChaosProxy {
    weather: watch::Sender<Weather>,
    breaks: watch::Sender<u64>,
    address: Address,
    _accepting: JoinSet<()>,
}

#[derive(Debug, Clone)]
enum Address {
    Port(u16),
    Socket(PathBuf),
}

trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send> Stream for T {}
type Line = Box<dyn Stream>;

impl ChaosProxy {
    /// Before a TCP port, on a port of its own.
    pub async fn before_port(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Address::Port(listener.local_addr().unwrap().port());
        Self::run(address, Address::Port(port), Listener::Port(listener))
    }

    /// Before a unix socket, at another path.
    pub fn before_socket(server: &Path, listen: &Path) -> Self {
        let listener = UnixListener::bind(listen).unwrap();
        let (listen, server) = (listen.to_owned(), server.to_owned());
        Self::run(Address::Socket(listen), Address::Socket(server), Listener::Socket(listener))
    }

    fn run(address: Address, server: Address, listener: Listener) -> Self {
        let weather = watch::Sender::new(Weather::default());
        let breaks = watch::Sender::new(0);
        let (mut accepting, subscription, broken) =
            (JoinSet::new(), weather.clone(), breaks.clone());
        accepting.spawn(async move {
            let mut lines = JoinSet::new();
            loop {
                let client = listener.accept().await;
                let is_cut = subscription.borrow().is_cut;
                if let (false, Some(server)) = (is_cut, call(&server).await) {
                    lines.spawn(carry(client, server, subscription.clone(), broken.subscribe()));
                }
                while lines.try_join_next().is_some() {}
            }
        });
        Self { weather, breaks, address, _accepting: accepting }
    }

    /// The port where it listens.
    ///
    /// # Panics
    /// When it listens on a unix socket.
    pub fn port(&self) -> u16 {
        match &self.address {
            Address::Port(port) => *port,
            Address::Socket(path) => panic!("listens at {}", path.display()),
        }
    }

    /// Where it listens, as a Redis address.
    pub fn redis_url(&self) -> String {
        match &self.address {
            Address::Port(port) => format!("redis://127.0.0.1:{port}"),
            Address::Socket(path) => format!("redis+unix://{}", path.display()),
        }
    }

    /// Changes the weather. A line that lost bytes is broken before it carries others, as it would
    /// be in a real network.
    pub fn set(&self, weather: Weather) {
        let before = self.weather.send_replace(weather);
        if before.drops_answers || before.drops_answers_from.is_some() || weather.is_cut {
            self.breaks.send_modify(|breaks| *breaks += 1);
        }
    }

    /// Ends every connection and refuses new ones until the line is mended.
    pub fn cut(&self) {
        self.set(Weather { is_cut: true, ..Weather::default() });
    }

    /// Good weather again.
    pub fn mend(&self) {
        self.set(Weather::default());
    }
}

enum Listener {
    Port(TcpListener),
    Socket(UnixListener),
}

impl Listener {
    async fn accept(&self) -> Line {
        match self {
            Self::Port(listener) => Box::new(listener.accept().await.unwrap().0),
            Self::Socket(listener) => Box::new(listener.accept().await.unwrap().0),
        }
    }
}

async fn call(server: &Address) -> Option<Line> {
    match server {
        Address::Port(port) => Some(Box::new(TcpStream::connect(("127.0.0.1", *port)).await.ok()?)),
        Address::Socket(path) => Some(Box::new(UnixStream::connect(path).await.ok()?)),
    }
}

/// Carries one connection both ways until either side ends or the line is broken.
async fn carry(
    client: Line,
    server: Line,
    weather: watch::Sender<Weather>,
    mut broken: watch::Receiver<u64>,
) {
    let (client_reads, client_writes) = split(client);
    let (server_reads, server_writes) = split(server);
    tokio::select! {
        () = pump(client_reads, server_writes, &weather, false) => {}
        () = pump(server_reads, client_writes, &weather, true) => {}
        _ = broken.changed() => {}
    }
}

/// Pieces under way on a slow line; more wait at their sender.
const UNDER_WAY_MAX: usize = 1_024;

async fn pump(
    mut from: ReadHalf<Line>,
    to: WriteHalf<Line>,
    weather: &watch::Sender<Weather>,
    is_answer: bool,
) {
    let mut seen = weather.subscribe();
    let (out, pieces) = mpsc::channel(UNDER_WAY_MAX);
    let reading = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            let now = *seen.borrow_and_update();
            if now.is_half_open && seen.wait_for(|weather| !weather.is_half_open).await.is_err() {
                return;
            }
            let is_it = |bytes: &[u8]| piece[..length].windows(bytes.len()).any(|w| w == bytes);
            if !is_answer && now.drops_answers_from.is_some_and(is_it) {
                weather.send_modify(|weather| weather.drops_answers = true);
            }
            let arrives = Instant::now() + Duration::from_millis(now.delay_ms);
            let is_dropped = is_answer && now.drops_answers;
            if !is_dropped && out.send((arrives, piece[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = write(to, pieces) => {}
    }
}

/// Hands each piece on when it arrives; a later one waits for nothing but its own time.
async fn write(mut to: WriteHalf<Line>, mut pieces: mpsc::Receiver<(Instant, Vec<u8>)>) {
    while let Some((arrives, piece)) = pieces.recv().await {
        sleep_until(arrives).await;
        if to.write_all(&piece).await.is_err() {
            return;
        }
    }
}
