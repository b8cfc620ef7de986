//! A name server that knows a few texts and nothing else, over UDP (RFC 1035). What it does not know it
//! denies as a real one does, with the SOA record that lets the denial be remembered (RFC 2308, section 3).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

const TXT: u16 = 16;
/// The SOA record of the root, in seconds: serial, refresh, retry, expire, and how long a denial holds.
const SOA: [u32; 5] = [1, 3_600, 600, 86_400, 60];
const NO_SUCH_NAME: u8 = 3;

/// A running name server.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    texts: Arc<Mutex<BTreeMap<String, String>>>,
    _task: JoinSet<()>,
}

impl NameServer {
    /// Starts one that knows nothing yet.
    ///
    /// # Panics
    /// When there is no port for it.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let texts = Arc::new(Mutex::new(BTreeMap::new()));
        let (known, mut task) = (texts.clone(), JoinSet::new());
        task.spawn(async move {
            let mut question = [0; 1_024];
            loop {
                let (length, from) = socket.recv_from(&mut question).await.unwrap();
                let answer = answer(&question[..length], &known.lock().unwrap());
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        Self { address, texts, _task: task }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Under this name stands this text.
    pub fn knows(&self, name: &str, text: &str) {
        self.texts.lock().unwrap().insert(name.to_lowercase(), text.to_owned());
    }
}

fn answer(question: &[u8], texts: &BTreeMap<String, String>) -> Vec<u8> {
    let (mut labels, mut at) = (Vec::new(), 12);
    while question[at] > 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    let asked = &question[12..at + 5];
    let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
    let text = texts.get(&labels.join("."));
    let code = if text.is_some() { 0 } else { NO_SUCH_NAME };
    let text = text.filter(|_| kind == TXT);
    let mut answer = question[..2].to_vec();
    let (found, denied) = (u8::from(text.is_some()), u8::from(text.is_none()));
    answer.extend([0x81, 0x80 | code, 0, 1, 0, found, 0, denied, 0, 0]);
    answer.extend(asked);
    if let Some(text) = text {
        let mut data = Vec::new();
        for piece in text.as_bytes().chunks(255) {
            data.push(u8::try_from(piece.len()).unwrap());
            data.extend(piece);
        }
        // The name that was asked for, TXT, IN, ten seconds.
        answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 10]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    } else {
        // Of the root, SOA, IN, 60 seconds, 22 bytes: no names, and the numbers.
        answer.extend([0, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0]);
        answer.extend(SOA.iter().flat_map(|number| number.to_be_bytes()));
    }
    answer
}
