//! A name server that knows a few texts and services and nothing else, over UDP (RFC 1035). What it does not know it
//! denies as a real one does, with the SOA record that lets the denial be remembered (RFC 2308, section 3).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

const TXT: u16 = 16;
const SRV: u16 = 33;
/// The SOA record of the root, in seconds: serial, refresh, retry, expire, and how long a denial holds.
const SOA: [u32; 5] = [1, 3_600, 600, 86_400, 60];
const NO_SUCH_NAME: u8 = 3;

/// A running name server.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    known: Arc<Mutex<Known>>,
    _task: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Known {
    texts: BTreeMap<String, String>,
    services: BTreeMap<String, Vec<Machine>>,
}

/// Who gives a service (RFC 2782).
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// The lowest is tried first.
    pub priority: u16,
    /// How often it comes first among the same.
    pub weight: u16,
    /// Its port.
    pub port: u16,
    /// Its name; empty where the service is not given.
    pub name: &'static str,
}

impl NameServer {
    /// Starts one that knows nothing yet.
    ///
    /// # Panics
    /// When there is no port for it.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let known = Arc::new(Mutex::new(Known::default()));
        let (knows, mut task) = (known.clone(), JoinSet::new());
        task.spawn(async move {
            let mut question = [0; 1_024];
            loop {
                let (length, from) = socket.recv_from(&mut question).await.unwrap();
                let answer = answer(&question[..length], &knows.lock().unwrap());
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        Self { address, known, _task: task }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Under this name stands this text.
    pub fn knows(&self, name: &str, text: &str) {
        self.known.lock().unwrap().texts.insert(name.to_lowercase(), text.to_owned());
    }

    /// These machines give this service (`_sip._udp.trunk.example`).
    pub fn knows_service(&self, name: &str, machines: &[Machine]) {
        self.known.lock().unwrap().services.insert(name.to_lowercase(), machines.to_vec());
    }
}

fn answer(question: &[u8], known: &Known) -> Vec<u8> {
    let (mut labels, mut at) = (Vec::new(), 12);
    while question[at] > 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    let asked = &question[12..at + 5];
    let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
    let name = labels.join(".");
    let (text, machines) = (known.texts.get(&name), known.services.get(&name));
    let code = if text.is_some() || machines.is_some() { 0 } else { NO_SUCH_NAME };
    let found: Vec<Vec<u8>> = match kind {
        TXT => text.into_iter().map(|text| text_data(text)).collect(),
        SRV => machines.into_iter().flatten().map(machine_data).collect(),
        _ => Vec::new(),
    };
    let mut answer = question[..2].to_vec();
    let (count, denied) = (u8::try_from(found.len()).unwrap(), u8::from(found.is_empty()));
    answer.extend([0x81, 0x80 | code, 0, 1, 0, count, 0, denied, 0, 0]);
    answer.extend(asked);
    for data in &found {
        // The name that was asked for, its kind, IN, ten seconds.
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 10]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    }
    if found.is_empty() {
        // Of the root, SOA, IN, 60 seconds, 22 bytes: no names, and the numbers.
        answer.extend([0, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0]);
        answer.extend(SOA.iter().flat_map(|number| number.to_be_bytes()));
    }
    answer
}

fn text_data(text: &str) -> Vec<u8> {
    let mut data = Vec::new();
    for piece in text.as_bytes().chunks(255) {
        data.push(u8::try_from(piece.len()).unwrap());
        data.extend(piece);
    }
    data
}

fn machine_data(machine: &Machine) -> Vec<u8> {
    let mut data = Vec::new();
    for number in [machine.priority, machine.weight, machine.port] {
        data.extend(number.to_be_bytes());
    }
    for label in machine.name.split('.').filter(|label| !label.is_empty()) {
        data.push(u8::try_from(label.len()).unwrap());
        data.extend(label.as_bytes());
    }
    data.push(0);
    data
}
